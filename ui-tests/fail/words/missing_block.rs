// A statement without its block would belong to nothing.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image
        costs 50.credits
}

fn main() {}
