// A yen has no cents.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency jpy
    }

    credit_pack small {
        gives 100.credits
        costs 99.cents
    }
}

fn main() {}
