// A conflict is one error, whatever stands in it.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50.credits
    }
    <<<<<<< HEAD
    operation upscale { costs 10.credits }
    =======
    operation upscale { costs 12.credits }
    >>>>>>> feature
}

fn main() {}
