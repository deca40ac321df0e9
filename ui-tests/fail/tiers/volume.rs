// A price of all units by the last tier is no tier.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs volume(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }
    }
}

fn main() {}
