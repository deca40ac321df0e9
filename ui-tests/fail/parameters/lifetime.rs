// A parameter is owned, and what it is made of.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 5.credits
        with prompt: std::borrow::Cow<'a, str>
    }
}

fn main() {}
