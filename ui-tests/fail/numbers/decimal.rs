// Credits are whole.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.5.credits
    }
}

fn main() {}
