// The last tier is the last.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1_000.tokens) { .. => 1.credit, ..1_000_000.tokens => 2.credits }
    }
}

fn main() {}
