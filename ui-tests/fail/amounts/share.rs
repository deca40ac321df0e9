// A share is computed by its author.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        bonus 10%
        costs 9.dollars
    }
}

fn main() {}
