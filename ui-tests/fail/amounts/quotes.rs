// An amount is no text; the number and its unit stay.

use credits_runtime::usage_credits;

usage_credits! {
    settings { hold_limit "15m" }
}

fn main() {}
