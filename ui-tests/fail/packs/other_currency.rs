// A price is in the currency of its pack.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        currency eur
    }
}

fn main() {}
