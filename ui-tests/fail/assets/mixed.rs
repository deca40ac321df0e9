// A cost is taken from one balance.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    operation scan {
        costs 5.gems + 1.credit
    }
}

fn main() {}
