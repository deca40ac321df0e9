// An amount has no Rust type.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50u32.credits
    }
}

fn main() {}
