// A threshold warns once.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        low_balance_threshold 100.credits, 100.credits
    }
}

fn main() {}
