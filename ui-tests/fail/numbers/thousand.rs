// A suffix is no factor.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 10k.credits
    }
}

fn main() {}
