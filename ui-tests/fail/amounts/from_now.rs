// A length has no beginning.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 9.dollars
        expires_after 1.year.from_now
    }
}

fn main() {}
