// Documentation has something behind it.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
    }
    /// no longer sold
}

fn main() {}
