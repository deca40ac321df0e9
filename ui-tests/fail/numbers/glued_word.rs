// Rust reads `50credits` as one literal.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50credits
    }
}

fn main() {}
