// A setting has no object before it.

use credits_runtime::usage_credits;

usage_credits! {
    settings { config.rounding_strategy = :ceil }
}

fn main() {}
