// Money is exact in the minor unit of its currency.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs 49.999.dollars
    }
}

fn main() {}
