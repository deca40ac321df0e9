// The blocks of the Ruby system.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image do
        costs 50.credits
    end

    subscription_plan pro do
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
    end
}

fn main() {}
