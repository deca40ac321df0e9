// The amount stands before its period.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives yearly 700.credits
    }
}

fn main() {}
