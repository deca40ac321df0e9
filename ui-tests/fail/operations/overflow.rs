// The sum of the fixed costs is a 64-bit integer, too.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 9_223_372_036_854_775_807.credits + 1.credit
    }
}

fn main() {}
