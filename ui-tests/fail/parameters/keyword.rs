// A keyword of Rust is no name in Rust.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with type: u32
    }
}

fn main() {}
