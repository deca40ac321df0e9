// Tiers are listed.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1_000.tokens)
    }
}

fn main() {}
