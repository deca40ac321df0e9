// Fifty what?

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50
    }
}

fn main() {}
