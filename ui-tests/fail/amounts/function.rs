// A bound is a statement.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs max(10.credits, 1.credit_per(page))
    }
}

fn main() {}
