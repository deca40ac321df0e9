// Three decimals may be thousands: both are offered.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 10.000.credits
    }
}

fn main() {}
