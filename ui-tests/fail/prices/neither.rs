// The word before a price says what it is for.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price live: "price_a"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
