// `validate` has a message.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with prompt: String
        validate prompt.len() <= 1_000
    }
}

fn main() {}
