// Nothing is generated of an option that could be documented.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality {
            /// Sharp.
            hd => 25.credits,
        }
    }
}

fn main() {}
