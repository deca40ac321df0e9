// The units of time and size have their words.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(minute, mins)
    }
}

fn main() {}
