// A misspelt environment is named.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        environments test, live
    }

    subscription_plan pro {
        stripe_price live: "price_a", tst: "price_b"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
