// Each option has its price.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality { sd | hd => 25.credits, raw => 50.credits }
    }
}

fn main() {}
