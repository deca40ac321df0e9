// A key has one value.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        meta category: "ai", category: "video"
    }
}

fn main() {}
