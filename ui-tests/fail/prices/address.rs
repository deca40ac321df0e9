// An address is no id.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price month: "https://dashboard.stripe.com/prices/price_1Abc", year: "https://buy.stripe.com/abc"
        gives 700.credits.every(month)
    }
}

fn main() {}
