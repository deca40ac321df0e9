// A product is written as what it comes to.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 10.credits * 3
    }
}

fn main() {}
