// Debt is of credits.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    settings {
        allow_negative_balance up_to 5.gems
    }
}

fn main() {}
