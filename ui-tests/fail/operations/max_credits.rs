// The bound of a cost has its own statement.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        max_credits 40
    }
}

fn main() {}
