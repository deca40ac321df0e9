//! What a rejection says: the unit, the operation, the remedy that helps, and the class and status of its rule.

use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, Rejection, RejectionClass, usage_credits};
use rust_decimal::Decimal;

usage_credits! {
    settings { credits_named "token", "tokens" }
    asset gem
    operation store {
        costs 2.credits_per(mb)
        limit mb <= 100
    }
    operation polish { costs 1.gem_per(piece) }
}

fn open() -> Credits {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap());
    Credits::builder().clock(clock).in_memory().unwrap()
}

fn rejection<T: std::fmt::Debug>(result: Result<T, Error>) -> Rejection {
    match result {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    rejection(result).to_string()
}

#[test]
fn missing_credits_are_told_in_their_unit_with_the_operation() {
    let ann = open().wallet("ann");
    ann.give_credits(3).now().wait().unwrap();
    ann.of(Asset::Gems).give_credits(1).now().wait().unwrap();
    assert_eq!(
        message(ann.spend_credits_on(Operation::store(2)).now().wait()),
        "4 tokens needed for `store`, 3 available: give or buy at least 1 more"
    );
    assert_eq!(
        message(ann.spend_credits_on(Operation::polish(2)).now().wait()),
        "2 gems needed for `polish`, 1 available: give or buy at least 1 more"
    );
    assert_eq!(
        message(ann.of(Asset::Gems).deduct_credits(5, "sold").now().wait()),
        "5 gems needed, 1 available: take up to 1, or allow debt with `.with_debt()`"
    );
}

#[test]
fn a_transfer_names_the_promotional_credits_only_if_they_suffice() {
    let credits = open();
    let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
    ann.give_credits(3).now().wait().unwrap();
    ann.give_credits(5).promotional().now().wait().unwrap();
    let refused = ann.transfer_to(&bob, 8).now().wait();
    assert_eq!(
        message(refused),
        "8 tokens needed, 3 available: transfer promotional ones too with `.including_promotional()`"
    );
    assert_eq!(
        message(ann.transfer_to(&bob, 9).now().wait()),
        "9 tokens needed, 3 available: give or buy at least 6 more"
    );
    let sent = ann.transfer_to(&bob, 8).including_promotional().now().wait().unwrap();
    bob.deduct_credits(1, "spent").now().wait().unwrap();
    assert_eq!(
        message(ann.reverse_transfer(sent.id).now().wait()),
        "8 tokens needed, 7 available: reverse what is free with `.as_far_as_possible()`, or allow debt with \
         `.with_debt()`"
    );
}

#[test]
fn a_quantity_over_its_limit_reads_as_it_was_given() {
    let refused = open().wallet("ann").spend_credits_on(Operation::store(Decimal::new(10_000_001, 5)));
    assert_eq!(message(refused.now().wait()), "`store` was asked for 100.00001 mb: its limit is 100 mb");
}

#[test]
fn a_used_key_names_the_entry_or_hold_that_used_it() {
    let ann = open().wallet("ann");
    let entry = ann.give_credits(9).key("k").now().wait().unwrap().entry.number;
    let Rejection::IdempotencyKeyReused { fact, command, .. } =
        rejection(ann.give_credits(8).key("k").now().wait())
    else {
        panic!("another rejection");
    };
    assert_eq!((fact, &*command), (entry, "give"));
    let hold =
        ann.spend_credits_on(Operation::store(1)).key("h").hold(Duration::from_mins(1)).wait().unwrap();
    let Rejection::IdempotencyKeyReused { fact, command, .. } =
        rejection(ann.deduct_credits(1, "r").key("h").now().wait())
    else {
        panic!("another rejection");
    };
    assert_eq!((fact.get(), &*command), (hold.into_id().get(), "hold"));
}

#[test]
fn an_event_of_missing_credits_has_the_operation_and_its_inputs() {
    let credits = open();
    let (sender, receiver) = channel();
    credits.on_insufficient_credits(move |event| sender.send(event.clone()).unwrap()).unwrap();
    let refused = credits.wallet("ann").spend_credits_on(Operation::store(Decimal::new(15, 1))).now().wait();
    assert_eq!(message(refused), "3 tokens needed for `store`, 0 available: give or buy at least 3 more");
    let event = receiver.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!((event.operation.as_str(), event.inputs.as_slice()), ("store", &["1.5 mb".to_owned()][..]));
}

/// Rejections with their code, class and status.
fn examples() -> Vec<(Rejection, &'static str, RejectionClass, u16)> {
    use RejectionClass::{Existence, Idempotency, Money, Shape, State};
    let credits = open();
    let ann = credits.wallet("ann");
    ann.give_credits(5).key("k").now().wait().unwrap();
    let grant = ann.give_credits(1).now().wait().unwrap().entry.number;
    ann.deduct_credits(6, "all").now().wait().unwrap();
    let of_nobody = "17".parse().map(credits_runtime::HoldId::new).unwrap();
    vec![
        (rejection(ann.give_credits(9).key("k").now().wait()), "idempotency_key_reused", Idempotency, 422),
        (rejection(credits.wallet("").credits()), "owner_invalid", Shape, 422),
        (rejection(ann.give_credits(0).now().wait()), "amount_not_positive", Shape, 422),
        (
            rejection(ann.give_credits(1).metadata(serde_json::json!("x".repeat(5_000))).now().wait()),
            "metadata_too_large",
            Shape,
            413,
        ),
        (rejection(ann.settle(of_nobody).wait()), "hold_unknown", Existence, 404),
        (rejection(ann.give_credits(1).only_for(["fly"]).now().wait()), "operation_unknown", Existence, 404),
        (rejection(ann.revoke_grant(grant, "gone").now().wait()), "grant_not_free", State, 409),
        (
            rejection(ann.spend_credits_on(Operation::store(1)).now().wait()),
            "insufficient_credits",
            Money,
            402,
        ),
    ]
}

#[test]
fn a_rejection_has_a_code_a_class_and_a_status() {
    let mut seen = HashSet::new();
    for (rejection, code, class, status) in examples() {
        assert_eq!((rejection.code(), rejection.class(), rejection.http_status()), (code, class, status));
        seen.insert(class);
        let value = serde_json::to_value(&rejection).unwrap();
        assert_eq!(value["code"], code);
        assert_eq!(serde_json::from_value::<Rejection>(value).unwrap(), rejection);
    }
    assert_eq!(seen.len(), 5, "every class has an example");
    assert!(
        RejectionClass::Idempotency < RejectionClass::Shape && RejectionClass::State < RejectionClass::Money
    );
}
