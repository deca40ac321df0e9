// An asset has words of its own.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem
    asset gem
}

fn main() {}
