// A key has a value.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        meta category:
    }
}

fn main() {}
