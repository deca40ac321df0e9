// A currency has a code.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency "$"
        rounding "?"
    }
}

fn main() {}
