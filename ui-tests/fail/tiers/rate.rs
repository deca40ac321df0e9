// A price of a tier is for the batch.

use credits_runtime::usage_credits;

usage_credits! {
    operation embed {
        costs tiers(1_000.tokens) { ..5_000.tokens => 2.credits per 1_000.tokens, .. => 1.credit }
    }
}

fn main() {}
