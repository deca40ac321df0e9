// A price without a currency is in that of the settings.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency eur
    }
    credit_pack booster {
        gives 500.credits
        costs 9.99
    }
}

fn main() {}
