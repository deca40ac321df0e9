// The type of a parameter is one of Rust.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with size: 5
    }
}

fn main() {}
