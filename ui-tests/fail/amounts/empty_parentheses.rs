// An amount is no call.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credits()
    }
}

fn main() {}
