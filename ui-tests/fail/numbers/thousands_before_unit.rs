// Thousands are written out.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 3.credits_per(1K tokens)
    }
}

fn main() {}
