// A plan gives credits.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 9.dollars.every(month)
    }
}

fn main() {}
