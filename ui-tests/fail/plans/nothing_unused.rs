// A plan without credits has no unused ones.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives nothing
        unused_credits rollover
    }
}

fn main() {}
