// What nothing pays at once is a warning, which a module may deny.
#![deny(deprecated)]

use credits_runtime::usage_credits;

usage_credits! {
    operation render_film {
        costs 5_000.credits
    }
    credit_pack small {
        gives 100.credits
        costs 9.dollars
    }
}

fn main() {}
