// Documentation of a statement would be lost in silence.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        /// Five for each page.
        costs 5.credits
    }
}

fn main() {}
