// A key of `meta` is no statement.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        meta tier: "creator", unused_credits :rollover
    }
}

fn main() {}
