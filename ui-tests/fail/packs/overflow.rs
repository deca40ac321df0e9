// A pack and its bonus fit into one balance.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 9_223_372_036_854_775_807.credits
        costs 9.dollars
        bonus 1.credit
    }
}

fn main() {}
