// Half a credit for a batch is one for two.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 0.5.credits }
    }
}

fn main() {}
