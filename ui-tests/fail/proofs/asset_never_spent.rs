// A pack gives what something costs.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem
    operation scan { costs 5.credits }
    credit_pack pouch {
        gives 100.gems
        costs 4.99.dollars
    }
}

fn main() {}
