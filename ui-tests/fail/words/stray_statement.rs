// Costs are added and nothing else.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credits * 2
    }
}

fn main() {}
