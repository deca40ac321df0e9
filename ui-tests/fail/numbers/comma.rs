// Rust groups digits with `_`.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10,000.credits
        costs 9.dollars
    }
}

fn main() {}
