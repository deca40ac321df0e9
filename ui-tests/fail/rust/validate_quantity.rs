// Quantities have limits.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        validate pages <= 5, "too many pages"
    }
}

fn main() {}
