// A write is sent by `.now()`, and then it is waited for.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let (user, other) = (credits.wallet("user:42"), credits.wallet("user:43"));
    user.give_credits(100).reason("signup").wait().unwrap();
    user.spend_credits_on(Operation::process_document(3)).key("job-17").wait().unwrap();
    user.transfer_to(&other, 5).wait().unwrap();
    user.deduct_credits(5, "given by mistake").wait().unwrap();
}
