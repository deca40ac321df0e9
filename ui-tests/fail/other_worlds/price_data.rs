// A pack has no data of a price.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack booster {
        gives 500.credits
        price_data { currency: "usd", unit_amount: 900 }
    }
}

fn main() {}
