// A price of a processor is paid for one thing; processors have their own ids.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        processor_price paddle: "pri_1", polar: "pri_1"
        gives 10_000.credits.every(month)
    }
    credit_pack boost {
        processor_price paddle: "pri_1"
        gives 500.credits
        costs 9.dollars
    }
    operation step {
        costs 1.credit
    }
}

fn main() {}
