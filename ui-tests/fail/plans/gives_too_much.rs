// A cycle, a signup bonus and a trial give at most 2^53 credits.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 9_223_372_036_854_775_807.credits.every(month)
        signup_bonus 9_007_199_254_740_993.credits
        trial_includes 9_007_199_254_740_993.credits
    }
}

fn main() {}
