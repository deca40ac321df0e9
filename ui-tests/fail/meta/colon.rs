// A key is followed by a colon.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        meta category "ai"
    }
}

fn main() {}
