// A cost is no call.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs overage(5.credits)
    }
}

fn main() {}
