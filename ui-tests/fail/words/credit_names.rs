// Amounts of one and of several are worded differently.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        credits_named "token"
    }
}

fn main() {}
