// A period is sold in all environments.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        environments test, live
    }

    subscription_plan pro {
        stripe_price live(month: "price_a", year: "price_b"), test(month: "price_c")
        gives 10_000.credits.every(month)
    }
}

fn main() {}
