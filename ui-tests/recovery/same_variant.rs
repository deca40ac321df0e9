// Of two operations with one variant the second keeps its constructor.

use credits_runtime::usage_credits;

usage_credits! {
    operation gen_image {
        costs 50.credits
    }

    operation genImage {
        costs 1.credit_per(page)
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::gen_image()).now().wait().unwrap();
    wallet.spend_credits_on(Operation::genImage(12)).now().wait().unwrap();
}
