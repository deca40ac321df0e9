// A bound has its word, and keeps its amount.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        unused_credits rollover 500.credits
    }
}

fn main() {}
