// The last tier has no end, which is not said.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1.page) { ..100.pages => 3.credits, ..inf => 1.credit }
    }
}

fn main() {}
