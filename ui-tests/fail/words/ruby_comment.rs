// The comments of the Ruby system.

use credits_runtime::usage_credits;

usage_credits! {
    # Operations cost credits
    operation generate_image {
        costs 50.credits # each
    }
}

fn main() {}
