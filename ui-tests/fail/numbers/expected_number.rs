// A limit is a number; a constant of the program is not known when the macro runs.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 1.credit_per(page)
        limit pages <= MAX
    }
}

fn main() {}
