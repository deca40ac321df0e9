// A length is bounded by its own word.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        unused_credits rollover up_to 3.months
    }
}

fn main() {}
