// A statement is no assignment.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency = eur
    }
}

fn main() {}
