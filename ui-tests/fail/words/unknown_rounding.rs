// There are three ways of rounding.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        rounding up
    }
}

fn main() {}
