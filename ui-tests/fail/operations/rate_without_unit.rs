// A rate is per something.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits_per page
    }
}

fn main() {}
