// An unknown setting has no effect.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        timezone utc
    }
}

fn main() {}
