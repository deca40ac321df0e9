// An environment is declared.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price live(month: "price_a")
        gives 10_000.credits.every(month)
    }
}

fn main() {}
