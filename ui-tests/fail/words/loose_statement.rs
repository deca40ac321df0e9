// A statement stands in an item.

use credits_runtime::usage_credits;

usage_credits! {
    costs 50.credits
}

fn main() {}
