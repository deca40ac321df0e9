// Braces hold Rust.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs {}
    }
}

fn main() {}
