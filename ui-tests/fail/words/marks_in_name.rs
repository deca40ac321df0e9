// A name is one word, whatever its parts are joined by.

use credits_runtime::usage_credits;

usage_credits! {
    operation video::generate {
        costs 5.credits
    }
    operation video.cut {
        costs 5.credits
    }
}

fn main() {}
