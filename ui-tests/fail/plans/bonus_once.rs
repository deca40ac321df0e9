// A bonus is given once, without a word for it.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month)
        signup_bonus 100.credits.once
    }
}

fn main() {}
