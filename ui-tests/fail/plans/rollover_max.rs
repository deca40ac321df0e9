// A bound of a rollover has one word.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        unused_credits rollover max 500.credits
    }
}

fn main() {}
