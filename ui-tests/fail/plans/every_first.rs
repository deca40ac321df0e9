// How often stands behind how much.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives every(month) 10_000.credits
    }
}

fn main() {}
