// A misspelt keyword is read as the one that was meant.

use credits_runtime::usage_credits;

usage_credits! {
    operaton generate_image {
        costs 50.credits
    }

    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::generate_image()).now().wait().unwrap();
    wallet.spend_credits_on(Operation::GenerateImage).run(|| Ok::<_, String>(1)).unwrap();
    println!("{} {:?}", Operation::GENERATE_IMAGE_COST, Plan::Pro);
}
