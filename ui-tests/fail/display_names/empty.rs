// A name for people is shown.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack large_boost {
        gives 500.credits
        costs 9.dollars
        named " "
    }
}

fn main() {}
