// An amount is no id.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "$29"
        gives 700.credits.every(month)
    }
}

fn main() {}
