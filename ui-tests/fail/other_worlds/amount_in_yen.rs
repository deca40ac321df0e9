// A price in the smallest units is in those of its currency.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency jpy
    }
    credit_pack booster {
        gives 500.credits
        unit_amount: 900
    }
}

fn main() {}
