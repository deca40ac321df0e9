// A pack gives at most 2^53 credits.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 9_007_199_254_740_993.credits
        costs 9.dollars
    }
}

fn main() {}
