// A price of each is a rate.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 10.credits * pages
    }
}

fn main() {}
