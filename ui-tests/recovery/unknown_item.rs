// An item of an unknown kind: it may declare every name.

use credits_runtime::usage_credits;

usage_credits! {
    product generate_image {
        costs 50.credits
    }

    operation upscale {
        costs 10.credits
    }
}

fn main() {
    let credits = Credits::in_memory().unwrap();
    let wallet = credits.wallet("user:42");
    wallet.spend_credits_on(Operation::generate_image(2, 3)).now().wait().unwrap();
    wallet.spend_credits_on(Operation::upscale()).run(|| Ok::<_, String>(1)).unwrap();
    match Plan::from_name("pro") {
        Some(Plan::Pro) => println!("{}", Plan::Pro.name()),
        _ => println!("{:?}", Plan::ALL),
    }
}
