// Without operations nothing is unlimited.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        unlimited scan
    }
}

fn main() {}
