// A batch stands before its unit.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 3.credits_per(token, 1_000)
    }
}

fn main() {}
