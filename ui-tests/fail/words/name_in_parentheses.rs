// A name is no argument.

use credits_runtime::usage_credits;

usage_credits! {
    operation(scan) {
        costs 5.credits
    }
}

fn main() {}
