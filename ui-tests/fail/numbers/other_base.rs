// Prices are read by people.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 0x32.credits
    }
}

fn main() {}
