// A cost that is written otherwise is read as it was meant.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.credit per page
        limit pages <= 500
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::process_document(12)).now().wait().unwrap();
    let operation = Operation::ProcessDocument { pages: 3.into() };
    println!("{operation:?} {}", Operation::PROCESS_DOCUMENT_COST_MAX);
}
