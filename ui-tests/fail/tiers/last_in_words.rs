// The last tier has two dots.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, _ => 1.credit }
    }
}

fn main() {}
