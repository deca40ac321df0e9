// A validation has a condition.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        validate
    }
}

fn main() {}
