// Only what rolls over has a bound.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        unused_credits expire for 3.months
    }
}

fn main() {}
