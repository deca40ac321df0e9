// A name is one word.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate image { costs 5.credits }
}

fn main() {}
