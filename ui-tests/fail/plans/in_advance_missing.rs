// Credits that are not paid for yet are given on purpose.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price month: "price_xyz"
        gives 120_000.credits.every(year)
    }
}

fn main() {}
