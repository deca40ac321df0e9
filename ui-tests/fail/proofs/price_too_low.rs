// Stripe charges a least amount.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 10.cents
    }
}

fn main() {}
