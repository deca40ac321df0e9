// A number belongs to a statement.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        unused_credits expire 500.credits
    }
}

fn main() {}
