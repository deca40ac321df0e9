// A tier above the limit is never reached.

use credits_runtime::usage_credits;

usage_credits! {
    operation embed {
        costs tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }
        limit tokens <= 500_000
    }
}

fn main() {}
