// A pack has no negative price.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs -9.dollars
    }
}

fn main() {}
