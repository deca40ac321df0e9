// The field has its unit already.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit pages <= 500.pages
    }
}

fn main() {}
