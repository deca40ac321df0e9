// A quantity of one unit is no quantity of another.

use credits_runtime::usage_credits;

usage_credits! {
    operation upscale {
        costs 10.credits
    }

    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }

    operation transcribe {
        costs 1.credit_per(minute)
    }
}

fn main() {
    let minutes = credits_runtime::Quantity::<units::Minute>::from(3);
    let _ = Operation::process_document(minutes);
}
