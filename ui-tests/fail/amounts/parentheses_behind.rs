// A bound has no parentheses.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 1.credit_per(page)
        at_least 2.credits(page)
    }
}

fn main() {}
