// Without operations a pack is for nothing else.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        only_for scan
    }
}

fn main() {}
