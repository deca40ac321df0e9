// The period of a price stands before its id.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_abc" per month
        gives 700.credits.every(month)
    }
}

fn main() {}
