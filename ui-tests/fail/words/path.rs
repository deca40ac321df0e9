// An option is a word, not a path.

use credits_runtime::usage_credits;

usage_credits! {
    settings { rounding Rounding::Ceil }
}

fn main() {}
