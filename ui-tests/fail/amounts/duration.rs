// A period is no value of Rust.

use credits_runtime::usage_credits;

usage_credits! {
    settings { hold_limit Duration::from_secs(900) }
}

fn main() {}
