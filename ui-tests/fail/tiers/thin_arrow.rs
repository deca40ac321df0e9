// An arrow before a price is no subtraction.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs tiers(1.page) { ..100.pages -> 3.credits, .. => 1.credit }
    }
}

fn main() {}
