// A product is no price.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "prod_NffrFeUfNV2Hib"
        gives 10.credits.every(month)
    }
}

fn main() {}
