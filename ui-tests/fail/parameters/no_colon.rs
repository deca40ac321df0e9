// A colon stands before a type.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with pages u32
    }
}

fn main() {}
