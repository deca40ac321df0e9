// Included units are those of the rate.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute) after 10.pages
    }
}

fn main() {}
