// A pricing has no documentation.

use credits_runtime::usage_credits;

usage_credits! {
    //! Prices of 2026.
    operation generate_image {
        costs 5.credits
    }
}

fn main() {}
