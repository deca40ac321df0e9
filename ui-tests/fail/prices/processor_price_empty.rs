// The id of a price is needed at every processor.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        processor_price paddle: ""
        gives 10_000.credits.every(month)
    }
}

fn main() {}
