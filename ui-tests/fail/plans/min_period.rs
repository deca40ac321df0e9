// The shortest period is that of the settings.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        min_fulfillment_period 1.week
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        gives 100.credits.every(day)
    }
}

fn main() {}
