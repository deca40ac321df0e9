// A cost in Ruby is a statement in the third person here.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        cost 29.dollars.per(month)
    }
}

fn main() {}
