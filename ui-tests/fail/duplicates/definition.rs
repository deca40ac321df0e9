// Two definitions in one module; one in another module.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image { costs 50.credits }
}

mod other {
    credits_runtime::usage_credits! {
        operation upscale { costs 5.credits }
    }
}

usage_credits! {
    credit_pack small { gives 100.credits costs 9.dollars }
}

fn main() {}
