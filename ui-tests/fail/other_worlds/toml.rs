// A file of another language shows the form of its first item.

use credits_runtime::usage_credits;

usage_credits! {
    [plans.pro]
    gives = 10_000
}

fn main() {}
