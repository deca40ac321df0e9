// An amount without its dot is read as it was meant.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 50 credits
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::GenerateImage).now().wait().unwrap();
    let free: fn() -> Operation = Operation::generate_image;
    println!("{:?} {}", free(), Operation::GENERATE_IMAGE_COST);
}
