// As one says it, not as one writes it.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits per page
    }
}

fn main() {}
