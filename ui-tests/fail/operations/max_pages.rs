// A limit names what it limits.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        max_pages 40
    }
}

fn main() {}
