// An abbreviation of a unit is no other unit.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(hr)
    }
}

fn main() {}
