// A yen has no hundredths.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs 500.5.yen
    }
}

fn main() {}
