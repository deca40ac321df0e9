// A statement is no call.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        with prompt: String
        validate(prompt.len() <= 1_000, "prompt too long")
    }
}

fn main() {}
