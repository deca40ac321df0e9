// A period is no option behind a comma.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 700.credits, every: :month
    }
}

fn main() {}
