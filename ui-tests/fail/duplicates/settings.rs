// There is one catalogue.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency usd
    }

    settings {
        rounding floor
    }
}

fn main() {}
