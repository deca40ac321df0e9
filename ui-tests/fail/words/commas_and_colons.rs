// The habits of a struct are one error.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price: "price_xyz",
        gives: 10_000.credits.every(month),
        unused_credits: rollover,
    }
}

fn main() {}
