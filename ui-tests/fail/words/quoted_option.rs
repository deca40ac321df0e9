// An option is a word.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        rounding "floor"
    }
}

fn main() {}
