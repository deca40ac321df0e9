// Two options become two variants.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality { hd => 10.credits, HD => 25.credits }
    }
}

fn main() {}
