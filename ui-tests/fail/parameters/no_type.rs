// A parameter has a type.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with prompt
    }
}

fn main() {}
