// The condition stands first.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        with prompt: String
        validate "prompt too long", prompt.len() <= 1_000
    }
}

fn main() {}
