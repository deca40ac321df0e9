// An asset has a word for one and a word for several.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem, "magic gem"
}

fn main() {}
