// A pack can be spent on the operations that it is for.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    operation scan {
        costs 5.gems
    }

    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        only_for scan
    }
}

fn main() {}
