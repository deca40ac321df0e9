// A price is written as one number.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack booster {
        gives 500.credits
        costs 9.99.dollars * 2
    }
}

fn main() {}
