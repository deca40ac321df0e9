// A currency that is refused leaves every price standing, also those in its cents.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        currency eurr
    }

    credit_pack small {
        gives 100.credits
        costs 99.cents
    }

    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::process_document(12)).now().wait().unwrap();
    println!("{:?}", Pack::Small.spec().costs);
}
