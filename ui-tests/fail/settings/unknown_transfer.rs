// What a transfer does with an expiry is known.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        transfer_expiration keep
    }
}

fn main() {}
