// What is counted in credits alone takes no other asset.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem, gems

    operation upscale {
        costs 5.gems
    }
}

fn main() {}
