// A limit names a field of the operation, which is the plural of its unit.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit page <= 500
    }
}

fn main() {}
