// An entry has a key.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        meta 5: "ai"
    }
}

fn main() {}
