// Paid credits are not given in advance.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price year: "price_xyz"
        gives 10_000.credits.every(month)
        in_advance
    }
}

fn main() {}
