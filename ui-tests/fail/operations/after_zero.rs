// Included units are at least one.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute) after 0.minutes
    }
}

fn main() {}
