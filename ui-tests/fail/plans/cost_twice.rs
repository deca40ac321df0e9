// A plan shows one price for each currency and period.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 100.credits.every(month)
        costs 29.dollars.per(month), 39.dollars.per(monthly)
    }
}

fn main() {}
