// Statements follow one another; a comma continues a list.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits,
        costs 9.dollars
    }
}

fn main() {}
