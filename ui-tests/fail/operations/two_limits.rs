// Each limit is a statement.

use credits_runtime::usage_credits;

usage_credits! {
    operation compare {
        costs 1.credit_per(page) + 2.credits_per(image)
        limit pages <= 500, images <= 10
    }
}

fn main() {}
