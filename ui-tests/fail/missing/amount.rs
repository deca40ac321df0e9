// The keyword alone.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 
    }
}

fn main() {}
