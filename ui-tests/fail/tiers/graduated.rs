// Tiers are graduated, and called tiers.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs graduated(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }
    }
}

fn main() {}
