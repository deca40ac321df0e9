// A period that is several of one unit is written so; one that means two things is not guessed.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_a"
        gives 10.credits.every(biweekly)
    }
    subscription_plan max {
        stripe_price "price_b"
        gives 10.credits.every(bimonthly)
    }
}

fn main() {}
