// An amount has one number.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5 10.credits
    }
}

fn main() {}
