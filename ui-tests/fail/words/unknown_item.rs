// An item is misspelt; its block is still read, so that only the word is refused.

use credits_runtime::usage_credits;

usage_credits! {
    operaton generate_image {
        costs 50.credits
    }
}

fn main() {}
