// A name consists of letters.

use credits_runtime::usage_credits;

usage_credits! {
    operation launch_🚀 { costs 50.credits }
}

fn main() {}
