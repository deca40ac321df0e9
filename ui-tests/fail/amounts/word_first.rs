// The number stands before its word.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs credits 50
    }
}

fn main() {}
