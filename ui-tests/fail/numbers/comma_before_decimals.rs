// A comma is one error.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1_000,5.credits
    }
}

fn main() {}
