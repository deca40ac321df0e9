// Stripe charges dinars in steps of ten fils.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs 1.234.kwd
    }
}

fn main() {}
