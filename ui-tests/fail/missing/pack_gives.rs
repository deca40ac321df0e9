// A pack gives something.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        costs 9.dollars
    }
}

fn main() {}
