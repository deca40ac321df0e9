// Items stand beside each other.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10.credits.every(month)
        operation generate_image { costs 5.credits }
    }
}

fn main() {}
