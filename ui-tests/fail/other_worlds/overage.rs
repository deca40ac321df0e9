// A plan has no price above its credits.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month)
        overage 2.credits
    }
}

fn main() {}
