// A sum needs no parentheses.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs (5.credits + 1.credit_per(page))
    }
}

fn main() {}
