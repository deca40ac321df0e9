// An amount that is given a unit.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits(page)
    }
}

fn main() {}
