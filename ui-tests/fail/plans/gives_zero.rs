// A plan that gives nothing is a mistake.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan free {
        stripe_price "price_xyz"
        gives 0.credits.every(month)
    }
}

fn main() {}
