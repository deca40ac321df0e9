// A limit of zero allows no call.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit pages <= 0
    }
}

fn main() {}
