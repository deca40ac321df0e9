// A word of the gem has its word here.

use credits_runtime::usage_credits;

usage_credits! {
    settings { rounding_strategy :ceil }
}

fn main() {}
