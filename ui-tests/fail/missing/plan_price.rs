// A plan is found by its price at Stripe.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        gives 10_000.credits.every(month)
    }
}

fn main() {}
