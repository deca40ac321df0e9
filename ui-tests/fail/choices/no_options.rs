// A choice has options.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality
    }
}

fn main() {}
