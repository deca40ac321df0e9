// Any number of units has a price.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits }
    }
}

fn main() {}
