// A pack that gives nothing is a mistake.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 0.credits
        costs 9.dollars
    }
}

fn main() {}
