// The last tier has no end and no word for it.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1.page) { ..100.pages => 3.credits, ..inf => 1.credit }
    }
}

fn main() {}
