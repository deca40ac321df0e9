// A pack is paid for once.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 1_000.credits
        costs 9.dollars
        stripe_price month: "price_a"
    }
}

fn main() {}
