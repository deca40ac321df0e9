// An asset has its words alone.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem
    asset gem
}

fn main() {}
