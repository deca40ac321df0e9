// A pack has one price for each currency.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 10.credits
        costs 9.dollars, 8.99.euros, 8.usd
    }
}

fn main() {}
