// The unit behind `after` is written out, with its number.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(minute) after 10.min
    }
}

fn main() {}
