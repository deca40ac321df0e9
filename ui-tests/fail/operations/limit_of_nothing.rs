// A fixed cost counts nothing that could be limited.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        limit pages <= 500
    }
}

fn main() {}
