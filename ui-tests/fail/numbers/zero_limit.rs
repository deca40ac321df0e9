// What is limited to nothing could never run.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit pages <= 0
    }
}

fn main() {}
