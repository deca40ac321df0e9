// A name for people is a text, which is not missing.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        named
    }
}

fn main() {}
