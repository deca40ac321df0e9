// There are four billion versions.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        version 5_000_000_000
    }
}

fn main() {}
