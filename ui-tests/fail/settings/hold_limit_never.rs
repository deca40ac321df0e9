// A hold ends.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        hold_limit never
    }
}

fn main() {}
