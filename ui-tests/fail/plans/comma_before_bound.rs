// A bound follows its policy without a comma.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month)
        unused_credits rollover, up_to 500.credits
    }
}

fn main() {}
