// What never expires has no expiry.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month)
        expire_after never
    }
}

fn main() {}
