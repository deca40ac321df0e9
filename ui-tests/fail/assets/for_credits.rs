// A threshold is a balance of credits.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    settings {
        low_balance_threshold 5.gems
    }
}

fn main() {}
