// A product of Stripe is a plan or a pack.

use credits_runtime::usage_credits;

usage_credits! {
    product pro {
        gives 100.credits
    }
}

fn main() {}
