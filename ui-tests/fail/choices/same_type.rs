// Two choices become two types.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by page_quality { low => 1.credit, high => 2.credits }
    }

    operation scan_page {
        costs by quality { low => 1.credit, high => 2.credits }
    }
}

fn main() {}
