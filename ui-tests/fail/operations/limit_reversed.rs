// The quantity stands first.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 1.credit_per(page)
        limit 500 >= pages
    }
}

fn main() {}
