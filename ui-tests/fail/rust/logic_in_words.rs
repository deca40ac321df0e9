// Rust joins conditions with signs.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with pages: u32
        validate pages > 1 and pages < 500, "too many pages"
    }
}

fn main() {}
