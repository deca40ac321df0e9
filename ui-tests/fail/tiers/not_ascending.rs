// Tiers ascend.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1_000.tokens) { ..2_000.tokens => 2.credits, ..1_000.tokens => 3.credits, .. => 1.credit }
    }
}

fn main() {}
