// Milliseconds are counted in seconds, at the same price.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(100.milliseconds)
    }
}

fn main() {}
