// One cause, one error: the cost is read in spite of its keyword.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        cost 50.credits
    }
}

fn main() {}
