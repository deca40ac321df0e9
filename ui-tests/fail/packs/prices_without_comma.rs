// A comma separates the prices of a pack.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs 9.dollars 8.99.euros
    }
}

fn main() {}
