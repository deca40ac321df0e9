// A pack is not sold where everything is free.

use credits_runtime::usage_credits;

usage_credits! {
    operation draft {
        costs 0.credits
    }
    credit_pack booster {
        gives 500.credits
        costs 9.dollars
    }
}

fn main() {}
