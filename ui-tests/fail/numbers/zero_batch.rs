// Nothing can be divided into batches of zero.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(0.tokens)
    }
}

fn main() {}
