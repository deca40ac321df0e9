// The longest hold has its own statement.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        max_hold 24.hours
    }
}

fn main() {}
