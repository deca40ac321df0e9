// A pack is sold.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
    }
}

fn main() {}
