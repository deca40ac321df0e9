// A statement without its choice.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency
        rounding floor
    }
}

fn main() {}
