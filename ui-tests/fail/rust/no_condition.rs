// `validate` has a condition.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        validate "prompt too long"
    }
}

fn main() {}
