// `Operation::cost` exists already.

use credits_runtime::usage_credits;

usage_credits! {
    operation cost {
        costs 50.credits
    }
}

fn main() {}
