// A period has one name.

use credits_runtime::usage_credits;

usage_credits! {
    settings { hold_limit 15.mins }
}

fn main() {}
