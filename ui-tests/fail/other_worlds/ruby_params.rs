// A condition sees parameters that are declared.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 10.credits
        validate params[:prompt].length <= 1_000, "prompt too long"
    }
}

fn main() {}
