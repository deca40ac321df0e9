// A tier prices a batch of units.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers { ..1_000_000.tokens => 2.credits, .. => 1.credit }
    }
}

fn main() {}
