// Parameters are statements.

use credits_runtime::usage_credits;

usage_credits! {
    operation transcribe(minutes: u32) { costs 3.credits_per(minute) }
}

fn main() {}
