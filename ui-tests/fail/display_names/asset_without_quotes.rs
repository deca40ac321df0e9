// The words of an asset for people are texts.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem, gems, magic
}

fn main() {}
