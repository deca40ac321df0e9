// All unlimited operations stand in one statement.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
    }

    operation embed {
        costs 1.credit
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        unlimited scan
        unlimited embed
    }
}

fn main() {}
