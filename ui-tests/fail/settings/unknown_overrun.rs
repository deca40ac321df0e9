// A policy is one of the known ones.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        overrun allow
    }
}

fn main() {}
