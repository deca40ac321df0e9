// Included units are a whole number of those of the rate.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute) after 90.seconds
    }
}

fn main() {}
