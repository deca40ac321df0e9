// An integer behind `amount` is in cents, as in Stripe's API.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack booster {
        gives 500.credits
        amount 900
    }
}

fn main() {}
