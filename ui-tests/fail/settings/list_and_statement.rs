// A comma continues a list, and no statement is part of it.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        categories tip, cashback,
        rounding ceil
    }
}

fn main() {}
