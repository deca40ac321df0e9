// Minor units are cents here, with their number.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        unit_amount 900
    }
}

fn main() {}
