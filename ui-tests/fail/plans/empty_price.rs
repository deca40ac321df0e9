// An empty id is found nowhere.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price ""
        gives 10_000.credits.every(month)
    }
}

fn main() {}
