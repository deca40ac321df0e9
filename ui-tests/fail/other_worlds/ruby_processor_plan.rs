// The price of a plan at its processor is a price at Stripe.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        processor_plan(:stripe, "price_xyz")
        gives 10_000.credits.every(:month)
    }
}

fn main() {}
