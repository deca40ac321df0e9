// A cost can be computed again from its charge.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs { prompt.len() as i128 }
        with prompt: String
    }
}

fn main() {}
