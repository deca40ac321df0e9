// An item has a price in all environments or in none.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        environments test, live
    }

    subscription_plan pro {
        stripe_price live: "price_a"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
