// Credits are not paid for yet, at whichever processor.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        processor_price paddle(month: "pri_1")
        gives 10_000.credits.every(year)
    }
}

fn main() {}
