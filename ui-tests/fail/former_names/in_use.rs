// A former name has no other item.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        formerly read
    }
    operation read {
        costs 1.credit
    }
}

fn main() {}
