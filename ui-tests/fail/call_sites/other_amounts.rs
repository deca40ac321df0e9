// Amounts are whole.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }
}

fn main() {
    let user = Credits::in_memory().unwrap().wallet("user:42");
    let _ = user.give_credits(1.5).now().wait();
    let _ = user.deduct_credits("5", "given by mistake").now().wait();
}
