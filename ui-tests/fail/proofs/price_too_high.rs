// Stripe charges eight digits.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 1_000_000.dollars
    }
}

fn main() {}
