// Costs are added with a sign.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits and 1.credit_per(page)
    }
}

fn main() {}
