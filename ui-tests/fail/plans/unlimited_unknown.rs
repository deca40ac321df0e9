// Only operations of the pricing are unlimited.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        unlimited scna
    }
}

fn main() {}
