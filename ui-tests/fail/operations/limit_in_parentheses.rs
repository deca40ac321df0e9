// A limit is no call.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        limit(pages, 500)
    }
}

fn main() {}
