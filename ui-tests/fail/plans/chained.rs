// What happens to unused credits is a statement.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits.every(month).rollover
    }
}

fn main() {}
