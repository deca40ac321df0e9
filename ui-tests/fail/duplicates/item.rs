// A name declares one operation.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credits
    }

    operation generate_image {
        costs 60.credits
    }
}

fn main() {}
