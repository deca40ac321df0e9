// A limit counts what the operation counts.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute)
        limit hours <= 2
    }
}

fn main() {}
