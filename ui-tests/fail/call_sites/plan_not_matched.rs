// A match on plans is checked like any other, so a new plan is not forgotten.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan basic {
        stripe_price "price_a"
        gives 1_000.credits.every(month)
    }

    subscription_plan pro {
        stripe_price "price_b"
        gives 10_000.credits.every(month)
    }
}

fn main() {
    let _ = match Plan::Basic {
        Plan::Basic => "Basic",
    };
}
