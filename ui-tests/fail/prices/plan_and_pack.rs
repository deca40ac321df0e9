// A price is paid for one thing.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
    }

    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        stripe_price "price_xyz"
    }
}

fn main() {}
