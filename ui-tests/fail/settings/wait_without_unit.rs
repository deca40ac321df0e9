// A length of time says what it counts.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        renewal_wait 72
    }
}

fn main() {}
