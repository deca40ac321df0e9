// One name is chosen by.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs by quality, size { standard => 10.credits, hd => 25.credits }
    }
}

fn main() {}
