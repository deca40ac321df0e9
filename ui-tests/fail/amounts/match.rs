// A choice is no expression.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs match quality { standard => 10.credits, hd => 25.credits }
    }
}

fn main() {}
