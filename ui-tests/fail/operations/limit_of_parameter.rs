// A limit is on a quantity.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with size: u32
        limit size <= 10
    }
}

fn main() {}
