// Two names, but one variant of `Operation`.

use credits_runtime::usage_credits;

usage_credits! {
    operation gen_image {
        costs 50.credits
    }

    operation genImage {
        costs 60.credits
    }
}

fn main() {}
