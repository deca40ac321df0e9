// Amounts are 64-bit integers.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 9_223_372_036_854_775_808.credits
    }
}

fn main() {}
