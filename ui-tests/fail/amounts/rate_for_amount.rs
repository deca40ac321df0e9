// A bound is an amount.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 1.credit_per(page)
        at_least 2.credits_per(page)
    }
}

fn main() {}
