// A price of another processor says whose it is.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        processor_price "pri_1"
        gives 10_000.credits.every(month)
    }
}

fn main() {}
