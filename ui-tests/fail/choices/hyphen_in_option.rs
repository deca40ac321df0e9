// An option is an identifier.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality { hd => 25.credits, ultra-hd => 50.credits }
    }
}

fn main() {}
