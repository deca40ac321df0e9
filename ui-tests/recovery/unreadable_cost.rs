// A cost that could not be read: its constructor takes anything.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + pages * 2
    }

    operation upscale {
        costs 10.credits
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::process_document(12)).now().wait().unwrap();
    wallet.spend_credits_on(Operation::process_document(12, 3)).run(|| Ok::<_, String>(1)).unwrap();
    wallet.estimate_credits_to(&Operation::process_document()).unwrap();
    let estimate = wallet.estimate_credits_to(&Operation::upscale()).unwrap();
    assert!(wallet.has_enough_credits_to(&Operation::process_document("a", 2)).unwrap());
    let most = Operation::PROCESS_DOCUMENT_COST_MAX;
    println!("{estimate} {most} {}", Operation::PROCESS_DOCUMENT_COST);
    match Operation::upscale() {
        Operation::ProcessDocument { .. } => {}
        Operation::Upscale => {}
    }
}
