// A key is no price, and was leaked.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "sk_live_51HxYzAbCdEfGh"
        gives 10.credits.every(month)
    }
}

fn main() {}
