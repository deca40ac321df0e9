// A quantity is given once, so it is charged by one rate.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page) + 2.credits_per(100.pages)
    }
}

fn main() {}
