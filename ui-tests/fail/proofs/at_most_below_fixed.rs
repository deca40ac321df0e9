// A bound below the fixed part is the cost.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credits + 1.credit_per(page)
        at_most 10.credits
    }
}

fn main() {}
