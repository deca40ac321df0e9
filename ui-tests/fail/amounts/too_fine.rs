// No period is finer than a second.

use credits_runtime::usage_credits;

usage_credits! {
    settings { hold_limit 5_000.ms }
}

fn main() {}
