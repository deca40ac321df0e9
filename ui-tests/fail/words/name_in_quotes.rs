// A name is an identifier.

use credits_runtime::usage_credits;

usage_credits! {
    operation "generate_image" {
        costs 50.credits
    }
}

fn main() {}
