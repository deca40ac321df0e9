// What a cycle gives is written as one number.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month) * 2
    }
}

fn main() {}
