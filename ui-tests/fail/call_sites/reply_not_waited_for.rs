// A reply is waited for before its result is used.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }
}

fn give(user: &Wallet) -> Result<(), Box<dyn std::error::Error>> {
    user.give_credits(100).now()?;
    Ok(())
}

fn main() {
    let _ = give(&Credits::in_memory().unwrap().wallet("user:42"));
}
