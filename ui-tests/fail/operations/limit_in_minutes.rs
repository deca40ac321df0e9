// A limit in another unit is the same in the own one.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_video {
        costs 10.credits_per(second)
        limit seconds <= 10.minutes
    }
}

fn main() {}
