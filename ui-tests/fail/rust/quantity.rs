// Rust in braces sees parameters.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page) + { pages * 2 }
    }
}

fn main() {}
