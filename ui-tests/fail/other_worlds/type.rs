// Types of other languages have their names in Rust.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        with pages: int
    }
}

fn main() {}
