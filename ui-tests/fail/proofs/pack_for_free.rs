// A pack for what costs nothing is never spent.

use credits_runtime::usage_credits;

usage_credits! {
    operation draft { costs 0.credits }
    credit_pack drafts {
        gives 100.credits
        costs 9.dollars
        only_for draft
    }
}

fn main() {}
