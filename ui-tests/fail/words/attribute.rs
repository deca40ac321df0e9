// An attribute would be lost in silence.

use credits_runtime::usage_credits;

usage_credits! {
    #[derive(Debug)]
    operation generate_image {
        costs 50.credits
    }
}

fn main() {}
