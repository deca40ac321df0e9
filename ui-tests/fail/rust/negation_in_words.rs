// Rust negates with a sign.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with draft: bool
        validate not draft, "no drafts"
    }
}

fn main() {}
