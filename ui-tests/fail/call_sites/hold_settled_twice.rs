// Settling takes the hold.

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
    let credits = Credits::in_memory().unwrap();
    let hold = credits
        .wallet("user:42")
        .spend_credits_on(Operation::upscale())
        .hold(std::time::Duration::from_secs(60))
        .wait()
        .unwrap();
    hold.settle().wait().unwrap();
    hold.settle().wait().unwrap();
}
