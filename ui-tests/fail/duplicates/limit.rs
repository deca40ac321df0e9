// Which of the two would it be?

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit pages <= 500
        limit pages <= 600
    }
}

fn main() {}
