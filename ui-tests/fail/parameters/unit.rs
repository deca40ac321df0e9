// A parameter is no quantity.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        with pages: u32
    }
}

fn main() {}
