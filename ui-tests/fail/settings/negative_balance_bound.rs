// Debt has an end, which is introduced by a word.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        allow_negative_balance 500.credits
    }
}

fn main() {}
