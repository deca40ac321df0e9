// An id has no blanks.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz "
        gives 10.credits.every(month)
    }
}

fn main() {}
