// What stands behind `unlimited` is an operation or a statement.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
    }

    operation retired {
        costs 1.credit
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        unlimited retired
    }
}

fn main() {}
