// An option has one price.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality { hd => 10.credits, hd => 25.credits }
    }
}

fn main() {}
