// Debt has an end, which is written.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        allow_negative_balance true
    }
}

fn main() {}
