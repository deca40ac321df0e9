// The least is not more than the most.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        at_least 10.credits
        at_most 5.credits
    }
}

fn main() {}
