// An unlimited operation is named once.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        unlimited scan, scan
    }
}

fn main() {}
