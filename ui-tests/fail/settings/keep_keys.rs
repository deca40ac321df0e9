// A key outlives the hold that it was sent with.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        keep_keys 1.hour
    }
}

fn main() {}
