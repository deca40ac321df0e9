// A mistake in the pricing hides no other: an undeclared name does not exist.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.5.credits_per(page)
    }

    operation upscale {
        costs 10 credits
    }
}

fn main() {
    let _ = Operation::upscale();
    let _ = Operation::process_document();
    let _ = Operation::transcribe();
}
