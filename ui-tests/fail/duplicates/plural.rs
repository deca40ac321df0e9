// A unit has one plural.

use credits_runtime::usage_credits;

usage_credits! {
    operation search {
        costs 1.credit_per(index, indices)
    }

    operation rebuild {
        costs 2.credits_per(index, indexes)
    }
}

fn main() {}
