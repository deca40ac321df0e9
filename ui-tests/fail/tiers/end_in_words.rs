// A tier ends at two dots and a number, which is kept.

use credits_runtime::usage_credits;

usage_credits! {
    operation embed {
        costs tiers(1_000.tokens) { up_to 5_000.tokens => 2.credits, .. => 1.credit }
    }
}

fn main() {}
