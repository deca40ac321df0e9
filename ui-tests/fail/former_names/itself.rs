// A former name is another one.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        formerly scan
    }
}

fn main() {}
