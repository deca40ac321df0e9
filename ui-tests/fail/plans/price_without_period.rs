// Which of the two is billed how often?

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_a", year: "price_b"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
