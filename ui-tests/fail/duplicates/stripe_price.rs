// A payment must mean one plan.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan basic {
        stripe_price "price_xyz"
        gives 1_000.credits.every(month)
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
