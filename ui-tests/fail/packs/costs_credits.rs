// A pack is paid for with money.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 9.credits
    }
}

fn main() {}
