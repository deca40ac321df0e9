// An award has a number.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives unlimited
    }
}

fn main() {}
