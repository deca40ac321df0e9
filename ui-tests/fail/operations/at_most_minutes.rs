// A bound of a quantity is a limit.

use credits_runtime::usage_credits;

usage_credits! {
    operation transcribe {
        costs 1.credit_per(minute)
        at_most 60.minutes
    }
}

fn main() {}
