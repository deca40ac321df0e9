// What costs nothing costs zero credits.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs nothing
    }
}

fn main() {}
