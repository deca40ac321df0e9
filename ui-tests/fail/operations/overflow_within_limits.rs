// Whatever the limits allow can be charged.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 9_000_000_000_000_000_000.credits_per(page)
        limit pages <= 2
    }
}

fn main() {}
