// Any word is a unit, but a slip of the pen is no new unit.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 10.credits_per(secnd)
    }
}

fn main() {}
