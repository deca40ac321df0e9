// Only items stand in a definition.

use credits_runtime::usage_credits;

usage_credits! {
    50.credits

    operation generate_image {
        costs 50.credits
    }
}

fn main() {}
