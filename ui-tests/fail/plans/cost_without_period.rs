// A price that is shown says what it is for.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 100.credits.every(month)
        costs 29.dollars
    }
}

fn main() {}
