// A number alone may be dollars or cents.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack booster {
        gives 500.credits
        costs 900
    }
}

fn main() {}
