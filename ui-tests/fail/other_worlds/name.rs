// The name that people read has its own word.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 9.dollars
        name: "Small"
    }
}

fn main() {}
