// A wrong type is shown on the condition.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        with quality: u32
        validate quality = 3, "quality is 3"
    }
}

fn main() {}
