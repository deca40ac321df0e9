// Credits without a price are a gift: `give_credits`.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 0.dollars
    }
}

fn main() {}
