// The lock of the catalogue is a feature for tests.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
    }
}

fn main() {
    credits_runtime::assert_catalog_unchanged!(Pricing);
}
