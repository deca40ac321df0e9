// A macro is a constant outside.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price env!("PRO_PRICE")
        gives 10.credits.every(month)
    }
}

fn main() {}
