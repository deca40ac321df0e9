// The same time would have to be given twice.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(minute) + 2.credits_per(second)
    }
}

fn main() {}
