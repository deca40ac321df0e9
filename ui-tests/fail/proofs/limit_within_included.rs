// A limit within the included units makes the rate free.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute) after 10.minutes
        limit minutes <= 10
    }
}

fn main() {}
