// A number with decimals is a text.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        meta price: 9.99
    }
}

fn main() {}
