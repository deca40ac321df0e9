// An operation owns its parameters.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with prompt: &str
    }
}

fn main() {}
