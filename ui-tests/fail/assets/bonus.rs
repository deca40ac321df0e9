// A bonus is of what the pack gives.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        bonus 5.gems
    }
}

fn main() {}
