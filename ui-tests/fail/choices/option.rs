// An option is a name.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality { 4k => 25.credits }
    }
}

fn main() {}
