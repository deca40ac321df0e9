// A threshold is above zero credits.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        low_balance_threshold 0.credits
    }
}

fn main() {}
