// A rate is for its quantity already.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 3.credits_per(page) * pages
    }
}

fn main() {}
