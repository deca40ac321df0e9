// A rollover without a bound has no word for it.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month)
        unused_credits rollover forever
    }
}

fn main() {}
