// A bound above the greatest cost is the cost.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 1.credit_per(page)
        limit pages <= 10
        at_least 20.credits
    }
}

fn main() {}
