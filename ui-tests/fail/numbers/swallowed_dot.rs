// Rust reads `50.` as a decimal number.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50. credits
    }
}

fn main() {}
