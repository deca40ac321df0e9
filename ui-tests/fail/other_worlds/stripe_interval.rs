// Of how often, Stripe speaks elsewhere.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits
        interval month
    }
}

fn main() {}
