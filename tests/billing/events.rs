//! Events about money that comes in and is returned.

use std::sync::mpsc::channel;
use std::time::Duration;

use credits_runtime::events::Event;

use super::script::{Stage, steps};

/// The next `count` events, without those of entries and balances.
fn told(script: &str, count: usize) -> Vec<String> {
    let steps = steps(script);
    let stage = Stage::new(steps[0].at);
    let (sender, receiver) = channel();
    stage
        .credits
        .subscriber("told")
        .start(move |event: &Event| {
            let line = match event {
                Event::CreditPackPurchased(it) => {
                    let price = it.price.as_ref().unwrap();
                    format!("{} bought {} {}+{} for {price}", it.owner, it.pack, it.credits, it.bonus)
                }
                Event::SubscriptionCreditsAwarded(it) => {
                    format!("{} got {} of {}", it.owner, it.amount, it.plan)
                }
                Event::SubscriptionChanged(it) => format!("{} is {:?}", it.state.price, it.state.status),
                Event::Refund(it) => {
                    format!(
                        "{} back, {} owed, {} forgiven, {} transfers",
                        it.taken,
                        it.owed,
                        it.forgiven,
                        it.transfers.len()
                    )
                }
                _ => return Ok(()),
            };
            assert!(event.id().is_some());
            sender.send(line)
        })
        .unwrap();
    for step in &steps {
        stage.play(step);
    }
    (0..count).map(|_| receiver.recv_timeout(Duration::from_mins(1)).unwrap()).collect()
}

#[test]
fn packs_and_refunds_are_told_with_the_transfers_that_carried_them() {
    let lines = told(
        "2026-01-01   pack cs1 pi1 boost
         .            spend 300
         .            transfer 500 bob
         .            refund pi1 re1 900
         .            refund pi1 re1 900 failed happened=2026-01-02",
        3,
    );
    assert_eq!(
        lines,
        [
            "ann bought boost 1000+100 for $9",
            "1100 back, 800 owed, 0 forgiven, 1 transfers",
            "-1100 back, 0 owed, 0 forgiven, 0 transfers"
        ]
    );
}

#[test]
fn subscriptions_are_told() {
    let lines = told(
        "2026-01-01   state s1 starter
         .            paid in1 s1 starter 2026-01-01..2026-02-01 begins
         2026-01-10   state s1 starter ended ends=2026-01-10",
        4,
    );
    assert_eq!(
        lines,
        [
            "price_starter is Active",
            "ann got 500 of starter",
            "ann got 100 of starter",
            "price_starter is Ended"
        ]
    );
}

/// One payment for two invoices, each of which is returned in part.
#[test]
fn every_partial_return_is_told() {
    let lines = told(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 by=pi1
         .            state s2 max
         .            paid in2 s2 max 2026-01-01..2026-02-01 by=pi1
         .            refund pi1 re1 100",
        6,
    );
    assert_eq!(lines[4..], ["0 back, 0 owed, 0 forgiven, 0 transfers"; 2]);
}

/// Credits of a trial expired before a longer trial was known, and were restored without an event.
#[test]
fn the_amounts_of_events_add_up_to_the_balance() {
    let script = "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15   -> 50
                  2026-01-19   spend 0                                                                     -> 0
                  .            state s1 starter trialing trial=2026-01-01..2026-01-31 anchor=2026-01-31   -> 50";
    let steps = steps(script);
    let stage = Stage::new(steps[0].at);
    let (sender, receiver) = channel();
    stage
        .credits
        .subscriber("sum")
        .start(move |event: &Event| {
            let entry = match event {
                Event::CreditsAdded(it) => &it.entry,
                Event::CreditsDeducted(it) => &it.entry,
                Event::CreditsExpired(it) => &it.entry,
                _ => return Ok(()),
            };
            sender.send((event.name(), entry.amount.get()))
        })
        .unwrap();
    for step in &steps {
        stage.play(step);
    }
    let events: Vec<_> = (0..3).map(|_| receiver.recv_timeout(Duration::from_mins(1)).unwrap()).collect();
    assert_eq!(events, [("credits_added", 50), ("credits_expired", -50), ("credits_added", 50)]);
}
