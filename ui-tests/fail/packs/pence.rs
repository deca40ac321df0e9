// Hundredths of another currency are decimals.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack booster {
        gives 500.credits
        costs 900.pence
    }
}

fn main() {}
