// The type of a choice is generated.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs by quality: Quality { standard => 10.credits, hd => 25.credits }
    }
}

fn main() {}
