// A former name belongs to one item.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 100.credits.every(month)
        formerly basic
    }
    subscription_plan studio {
        stripe_price "price_abc"
        gives 500.credits.every(month)
        formerly starter, basic
    }
}

fn main() {}
