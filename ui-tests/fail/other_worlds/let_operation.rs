// The name of an item follows its keyword.

use credits_runtime::usage_credits;

usage_credits! {
    let scan = operation {
        costs 5.credits
    }
}

fn main() {}
