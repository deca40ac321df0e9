// A condition is Rust in braces.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs if is_free { 0 } else { 50 }
    }
}

fn main() {}
