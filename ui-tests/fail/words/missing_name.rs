// Whatever is declared has a name.

use credits_runtime::usage_credits;

usage_credits! {
    operation {
        costs 50.credits
    }
}

fn main() {}
