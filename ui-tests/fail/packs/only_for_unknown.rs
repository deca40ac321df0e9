// A pack is for operations that exist.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
    }

    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        only_for scna
    }
}

fn main() {}
