// A product of a sum is another amount without its parentheses.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs (5.credits + 15.credits) * 3
    }
}

fn main() {}
