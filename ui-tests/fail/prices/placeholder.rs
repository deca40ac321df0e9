// Nothing is filled in.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "${PRICE}"
        gives 700.credits.every(month)
    }
}

fn main() {}
