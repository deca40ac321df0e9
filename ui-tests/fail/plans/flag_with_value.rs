// A statement that is a word has no value.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        retired: true
    }
}

fn main() {}
