// Which of the two would it be?

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs 9.dollars
        gives 200.credits
    }
}

fn main() {}
