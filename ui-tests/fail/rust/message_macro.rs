// A message is a text.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        with prompt: String
        validate prompt.len() <= 1_000, format!("too long")
    }
}

fn main() {}
