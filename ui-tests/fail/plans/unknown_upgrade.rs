// What an upgrade gives is known.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
        on_upgrade half
    }
}

fn main() {}
