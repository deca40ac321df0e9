// Rust numbers begin with a digit.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs .99.dollars
    }
}

fn main() {}
