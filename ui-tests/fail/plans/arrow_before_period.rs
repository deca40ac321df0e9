// A period has no arrow before it.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits => month
    }
}

fn main() {}
