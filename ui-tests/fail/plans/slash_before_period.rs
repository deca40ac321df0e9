// An amount has its unit before its period.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 1_000/month
    }
}

fn main() {}
