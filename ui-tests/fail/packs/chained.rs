// A statement is no method.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack booster {
        gives 500.credits.expires_after(12.months)
        costs 9.dollars
    }
}

fn main() {}
