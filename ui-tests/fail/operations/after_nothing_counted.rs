// Only a rate has units that are included.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 50.credits after 10.minutes
    }
}

fn main() {}
