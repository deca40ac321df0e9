// The period that was written is kept.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits yearly
    }
}

fn main() {}
