// The length of a trial stands at Stripe.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        trial_includes 14.days
    }
}

fn main() {}
