// A trial is a payment processor's.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan free {
        gives 100.credits.every(month)
        trial_includes 50.credits
    }
}

fn main() {}
