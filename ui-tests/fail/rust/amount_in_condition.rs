// A condition compares numbers.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with bid: u32
        validate bid < 5.credits, "too much"
    }
}

fn main() {}
