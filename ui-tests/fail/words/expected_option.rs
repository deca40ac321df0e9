// A choice is a word.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        rounding 2
    }
}

fn main() {}
