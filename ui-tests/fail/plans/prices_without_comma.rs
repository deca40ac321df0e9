// A comma continues a list.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price month: "price_a" year: "price_b"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
