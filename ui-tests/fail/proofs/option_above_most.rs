// An option above the bound is never charged.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs by quality { standard => 10.credits, hd => 25.credits }
        at_most 20.credits
    }
}

fn main() {}
