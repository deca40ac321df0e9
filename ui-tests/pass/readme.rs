//! The thirty-second version.

#![deny(missing_docs, warnings, clippy::pedantic)]

use credits_runtime::usage_credits;

usage_credits! {
    // Users get credits from subscriptions
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
    }

    // Operations cost credits
    operation generate_image {
        costs 50.credits
    }
}

#[test]
fn credits_are_spent_on_what_was_declared() {
    let credits = Credits::in_memory().unwrap();
    let user = credits.wallet("user:42");
    user.give_credits(100).reason("signup").key("welcome").now().wait().unwrap();
    let image = user.spend_credits_on(Operation::GenerateImage).run(|| Ok::<_, String>("an image")).unwrap();
    assert_eq!((image, user.credits().unwrap()), ("an image", credits_runtime::Amount::new(50)));
    assert_eq!(Plan::Pro.spec().gives.map(|gives| gives.amount), Some(10_000));
}
