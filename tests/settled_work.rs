//! Metadata of finished work: it stands on the charge, and a replay hands it back.

use std::convert::Infallible;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, Rejection, RunError, Timestamp, usage_credits};
use serde_json::json;

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

const HOUR: Duration = Duration::from_hours(1);

fn open() -> (Credits, Wallet) {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock).in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(100).now().wait().unwrap();
    (credits, ann)
}

#[test]
fn a_settlement_writes_over_the_metadata_of_its_hold() {
    let (credits, ann) = open();
    let hold =
        || ann.spend_credits_on(Operation::step(5)).metadata(json!({ "job": 1, "by": "a" })).hold(HOUR);
    let of = |number| credits.entry(number).unwrap().unwrap().entry.metadata.value();
    let plain = hold().wait().unwrap().settle().wait().unwrap();
    assert_eq!(of(plain.entry.number), json!({ "job": 1, "by": "a" }));
    let written =
        hold().wait().unwrap().settle_amount(7).metadata(json!({ "job": 2, "tokens": 9 })).wait().unwrap();
    assert_eq!(of(written.entry.number), json!({ "job": 2, "by": "a", "tokens": 9 }));
    let id = hold().wait().unwrap().into_id();
    let settle = |video: &str| ann.settle(id).metadata(json!({ "video": video })).wait().unwrap();
    assert_eq!(settle("first").entry.metadata.value()["video"], "first");
    let again = settle("second");
    assert!(again.replayed);
    assert_eq!(again.entry.metadata.value()["video"], "first");
}

#[test]
fn metadata_that_is_nested_too_deeply_is_refused_and_not_left_out() {
    let (credits, ann) = open();
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    for of_hold in [json!(null), json!({ "job": 1 })] {
        let spend = ann.spend_credits_on(Operation::step(5)).metadata(of_hold);
        let hold = spend.hold(HOUR).wait().unwrap().into_id();
        let settled = ann.settle(hold).metadata(json!({ "deep": deep.clone() })).wait();
        assert!(matches!(settled, Err(Error::Rejected(Rejection::MetadataTooDeep { .. }))), "{settled:?}");
        assert!(ann.settle(hold).wait().is_ok());
    }
    credits.verify().unwrap();
}

#[test]
fn too_large_metadata_leaves_the_hold_open() {
    let (_, ann) = open();
    let half = json!({ "a": "x".repeat(3_000) });
    let hold = ann.spend_credits_on(Operation::step(5)).metadata(half).hold(HOUR).wait().unwrap().into_id();
    for (size, bytes) in [(5_000, 5_008), (3_000, 6_015)] {
        let settled = ann.settle(hold).metadata(json!({ "b": "x".repeat(size) })).wait();
        let too_large = Rejection::MetadataTooLarge { bytes, max: 4_096 };
        assert_eq!(settled.unwrap_err().to_string(), Error::from(too_large).to_string());
    }
    assert_eq!(ann.held().unwrap(), 5);
    ann.settle(hold).wait().unwrap();
    assert_eq!(ann.credits().unwrap(), 95);
}

#[test]
fn a_dropped_settlement_releases_its_hold() {
    let (credits, ann) = open();
    drop(ann.spend_credits_on(Operation::step(5)).hold(HOUR).wait().unwrap().settle());
    // The writer works in order.
    credits.wallet("nobody").give_credits(1).now().wait().unwrap();
    assert_eq!((ann.held().unwrap().get(), ann.credits().unwrap().get()), (0, 100));
}

#[test]
fn work_writes_on_its_charge_and_a_replay_hands_it_back() {
    let (_, ann) = open();
    let render = |tokens: u32| {
        let spend = ann.spend_credits_on(Operation::step(5)).metadata(json!({ "job": 1 })).key("k");
        spend.run_with(|charge| {
            assert_eq!((charge.amount().get(), charge.hold()), (5, ann.open_holds().unwrap()[0].id));
            charge.metadata(json!({ "tokens": 0, "video": "v" }));
            charge.metadata(json!({ "tokens": tokens }));
            Ok::<_, Infallible>("done")
        })
    };
    assert_eq!(render(9).unwrap(), "done");
    let Err(RunError::AlreadyCharged(receipt)) = render(10) else { panic!("the work was run again") };
    assert_eq!(receipt.entry.metadata.value(), json!({ "job": 1, "tokens": 9, "video": "v" }));
}

#[test]
fn work_that_fails_writes_nothing() {
    let (_, ann) = open();
    let failed = ann.spend_credits_on(Operation::step(5)).run_with(|charge| {
        charge.metadata(json!({ "tokens": 9 }));
        Err::<(), _>("failed")
    });
    assert!(matches!(failed, Err(RunError::Work("failed"))));
    assert_eq!(ann.credit_history().page().unwrap().entries.len(), 1);
}

#[test]
fn a_future_writes_on_its_charge() {
    let (_, ann) = open();
    let run = ann.spend_credits_on(Operation::step(5)).run_async_with(async |charge| {
        charge.metadata(json!({ "tokens": 9 }));
        Ok::<_, Infallible>(())
    });
    crate::executor::block_on(run).unwrap();
    assert_eq!(ann.credit_history().page().unwrap().entries[0].metadata.value()["tokens"], 9);
}
