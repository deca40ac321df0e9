//! A pricing of nothing: all types exist, and none has a value.

#![deny(missing_docs, warnings, clippy::pedantic)]

credits_runtime::usage_credits! {}

#[test]
fn an_empty_pricing_is_a_pricing() {
    let credits = Credits::in_memory().unwrap();
    let wallet: Wallet = credits.wallet("user:42");
    assert_eq!(wallet.credits().unwrap(), credits_runtime::Amount::new(0));
    assert!(Plan::ALL.is_empty() && Pack::ALL.is_empty());
    assert_eq!((Plan::from_name("pro"), Pack::from_name("small")), (None, None));
}
