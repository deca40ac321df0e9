// A statement of another item.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credits
        gives 5.credits
    }
}

fn main() {}
