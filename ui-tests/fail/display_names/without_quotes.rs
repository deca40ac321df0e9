// A name for people is a text.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        named Document scan
    }
}

fn main() {}
