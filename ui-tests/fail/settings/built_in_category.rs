// An entry of the ledger must not be taken for one of the application.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        categories tip, bonus
    }
}

fn main() {}
