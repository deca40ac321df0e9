// Nothing costs less than nothing.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs -5.credits
    }
}

fn main() {}
