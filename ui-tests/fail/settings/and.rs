// A list has commas.

use credits_runtime::usage_credits;

usage_credits! {
    settings { environments test and live }
}

fn main() {}
