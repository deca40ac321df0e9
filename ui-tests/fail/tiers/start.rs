// A tier begins where the one before it ends.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1_000.tokens) { 0..1_000_000.tokens => 2.credits, .. => 1.credit }
    }
}

fn main() {}
