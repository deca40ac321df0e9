// A generic type has its arguments.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with rows: std::collections::HashMap
    }
}

fn main() {}
