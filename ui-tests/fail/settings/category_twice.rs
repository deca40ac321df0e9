// A category has one name.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        categories tip, tip
    }
}

fn main() {}
