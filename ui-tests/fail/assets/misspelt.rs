// A misspelt asset is named.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    operation scan {
        costs 5.gms
    }
}

fn main() {}
