// A comma continues a list.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        gives 10_000.credits.every(month)
        stripe_price month: "price_a",
    }
}

fn main() {}
