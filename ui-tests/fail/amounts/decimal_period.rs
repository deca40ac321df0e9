// A period with decimals is whole in a finer unit.

use credits_runtime::usage_credits;

usage_credits! {
    settings { hold_limit 1.5.hours }
}

fn main() {}
