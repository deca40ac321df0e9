// A price per period has its own word.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 100.credits.every(month)
        costs 29.dollars.every(month)
    }
}

fn main() {}
