// A plan that is not in the pricing.

use credits_runtime::usage_credits;

usage_credits! {
    operation upscale {
        costs 10.credits
    }

    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }
}

fn main() {
    let _ = Plan::Pro;
}
