// A rate is written as one number.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 3.credits_per(page) * 2
    }
}

fn main() {}
