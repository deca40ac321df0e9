// A hold cannot stay open for longer than it can be extended.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        hold_limit 2.days
        hold_limit_max 24.hours
    }
}

fn main() {}
