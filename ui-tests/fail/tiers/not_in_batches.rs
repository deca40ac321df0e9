// A tier ends with a batch.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1_000.tokens) { ..2_500.tokens => 2.credits, .. => 1.credit }
    }
}

fn main() {}
