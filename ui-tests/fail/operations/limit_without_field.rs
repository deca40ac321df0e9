// A limit has a quantity.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit <= 500
    }
}

fn main() {}
