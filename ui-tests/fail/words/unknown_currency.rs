// A currency is an ISO 4217 code in lower case.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency USD
    }
}

fn main() {}
