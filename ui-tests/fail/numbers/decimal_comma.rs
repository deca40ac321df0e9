// Rust writes decimals with a point.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs 49,99.dollars
    }
}

fn main() {}
