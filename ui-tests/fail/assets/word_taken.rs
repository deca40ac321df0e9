// The word after a number means one thing.

use credits_runtime::usage_credits;

usage_credits! {
    asset dollar
}

fn main() {}
