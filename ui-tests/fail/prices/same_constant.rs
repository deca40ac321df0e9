// Prices in constants are compared, too.

use credits_runtime::usage_credits;

const MONTH: &str = "price_a";
const YEAR: &str = "price_a";

usage_credits! {
    subscription_plan pro {
        stripe_price month: MONTH, year: YEAR
        gives 10_000.credits.every(month)
    }
}

fn main() {}
