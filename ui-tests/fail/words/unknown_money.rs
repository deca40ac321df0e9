// No currency goes by this word.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 9.doubloons
    }
}

fn main() {}
