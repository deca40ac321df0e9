// A plan has one price for each period of billing.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price month: "price_a", monthly: "price_b"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
