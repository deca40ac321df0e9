// Braces contain Rust.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs { pages 2 }
        with pages: u32
    }
}

fn main() {}
