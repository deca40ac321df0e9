// A pack is paid for once.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 9.99.dollars / month
    }
}

fn main() {}
