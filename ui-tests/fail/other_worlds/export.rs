// An item is exported as it is.

use credits_runtime::usage_credits;

usage_credits! {
    export default operation scan {
        costs 5.credits
    }
}

fn main() {}
