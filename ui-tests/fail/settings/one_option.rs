// One currency is of the whole pricing.

use credits_runtime::usage_credits;

usage_credits! {
    settings { currency usd, eur }
}

fn main() {}
