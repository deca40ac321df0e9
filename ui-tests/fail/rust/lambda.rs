// A condition is written without a function.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with prompt: String
        validate ->(params) { params.prompt.len() <= 1_000 }, "prompt too long"
    }
}

fn main() {}
