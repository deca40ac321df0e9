// A period is a 32-bit number of its unit.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10.credits.every(4_294_967_296.days)
    }
}

fn main() {}
