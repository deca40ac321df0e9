// Prices are listed without braces.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price { id: "price_abc" }
        gives 700.credits.every(month)
    }
}

fn main() {}
