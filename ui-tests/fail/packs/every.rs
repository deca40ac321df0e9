// A pack gives once.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits.every(month)
        costs 9.dollars
    }
}

fn main() {}
