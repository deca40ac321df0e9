// A length is no amount.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        expire_after 500.credits
    }
}

fn main() {}
