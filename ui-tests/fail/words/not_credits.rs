// An amount of what?

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credts
    }
}

fn main() {}
