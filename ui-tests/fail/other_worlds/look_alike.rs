// A letter of another script is named.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.сredits
    }
}

fn main() {}
