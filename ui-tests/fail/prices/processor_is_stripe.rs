// Prices at Stripe have their own statement.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        processor_price stripe: "price_xyz"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
