// An asset and its plural are a list.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem gems
}

fn main() {}
