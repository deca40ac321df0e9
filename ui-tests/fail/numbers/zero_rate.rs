// A rate of zero charges nothing, so it is a mistake.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits + 0.credits_per(page)
    }
}

fn main() {}
