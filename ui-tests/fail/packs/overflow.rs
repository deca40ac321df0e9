// A pack and its bonus give at most 2^53 credits in all.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 9_007_199_254_740_992.credits
        costs 9.dollars
        bonus 1.credit
    }
}

fn main() {}
