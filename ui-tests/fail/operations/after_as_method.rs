// Included units are no method of a rate.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute).after(10.minutes)
    }
}

fn main() {}
