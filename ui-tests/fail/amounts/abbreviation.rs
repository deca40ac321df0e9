// An abbreviation is written out, with its number.

use credits_runtime::usage_credits;

usage_credits! {
    settings { hold_limit 15m }
}

fn main() {}
