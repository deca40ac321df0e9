// A list has no brackets.

use credits_runtime::usage_credits;

usage_credits! {
    settings { environments [test, live] }
}

fn main() {}
