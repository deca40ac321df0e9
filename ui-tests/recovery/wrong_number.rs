// A number that is refused leaves the quantities known: the constructor takes what it would take.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.5.credits_per(page)
        limit pages <= 500
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::process_document(12)).now().wait().unwrap();
    let operation = Operation::ProcessDocument { pages: 3.into() };
    wallet.estimate_credits_to(&operation).unwrap();
    let most = Operation::PROCESS_DOCUMENT_COST_MAX;
    match operation {
        Operation::ProcessDocument { pages } => println!("{pages:?} {most}"),
    }
}
