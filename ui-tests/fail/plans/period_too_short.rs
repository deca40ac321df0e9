// A plan gives once a day at most.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10.credits.every(12.hours)
    }
}

fn main() {}
