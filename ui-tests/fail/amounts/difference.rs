// Costs are added alone.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 1.credit_per(page) - 5.credits
    }
}

fn main() {}
