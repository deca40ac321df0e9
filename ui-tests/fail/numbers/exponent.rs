// Prices are read by people.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1e3.credits
    }
}

fn main() {}
