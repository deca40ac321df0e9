//! Concurrent threads and tasks: one of competing commands wins, and sums hold.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use credits_runtime::{Error, LedgerErrorKind, Rejection, RunError, usage_credits};

use crate::executor::block_on;

usage_credits! {
    operation step { costs 1.credit }
    operation render { costs 10.credits }
}

const MINUTE: Duration = Duration::from_mins(1);

fn ledger() -> Credits {
    Credits::in_memory().unwrap()
}

/// A wallet with this many credits.
fn wallet(credits: &Credits, owner: &str, amount: i64) -> Wallet {
    let wallet = credits.wallet(owner);
    wallet.give_credits(amount).now().wait().unwrap();
    wallet
}

#[test]
fn eight_threads_spend_a_thousand_credits_exactly() {
    let credits = ledger();
    wallet(&credits, "ann", 1_000);
    let spent = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let wallet = credits.wallet("ann");
                loop {
                    match wallet.spend_credits_on(Operation::Step).now().wait() {
                        Ok(_) => spent.fetch_add(1, Ordering::Relaxed),
                        Err(Error::Rejected(Rejection::InsufficientCredits {
                            needed, available, ..
                        })) => {
                            assert_eq!((needed.get(), available.get()), (1, 0));
                            break;
                        }
                        Err(other) => panic!("{other}"),
                    };
                }
            });
        }
    });
    assert_eq!(spent.into_inner(), 1_000);
    assert_eq!(credits.wallet("ann").balance().unwrap(), 0);
    let statistics = credits.statistics();
    assert!(statistics.largest_batch > 1, "{statistics:?}");
    assert!(statistics.commits < statistics.commands, "{statistics:?}");
}

#[test]
fn a_hundred_threads_settle_one_hold_once() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 10);
    let hold = ann.spend_credits_on(Operation::Render).hold(MINUTE).wait().unwrap().into_id();
    let booked = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let settled = credits.wallet("ann").settle(hold).wait().unwrap();
                assert_eq!(settled.entry.amount, -10);
                booked.fetch_add(usize::from(!settled.replayed), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(booked.into_inner(), 1);
    assert_eq!(ann.balance().unwrap(), 0);
}

#[test]
fn many_threads_with_one_key_are_charged_once() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 100);
    let work_done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let wallet = credits.wallet("ann");
                wallet.spend_credits_on(Operation::Step).key("once").now().wait().unwrap();
                let run = wallet.spend_credits_on(Operation::Render).key("job").run(|| {
                    work_done.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, std::io::Error>(())
                });
                match run {
                    Ok(())
                    | Err(RunError::AlreadyCharged(_) | RunError::Rejected(Rejection::InProgress { .. })) => {
                    }
                    Err(other) => panic!("{other}"),
                }
            });
        }
    });
    assert_eq!(work_done.into_inner(), 1);
    assert_eq!(ann.balance().unwrap(), 100 - 1 - 10);
}

#[test]
fn sums_hold_under_mixed_load() {
    let credits = ledger();
    let expected: Vec<AtomicI64> = (0..5).map(|_| AtomicI64::new(0)).collect();
    thread::scope(|scope| {
        for thread in 0..6 {
            let (credits, expected) = (&credits, &expected);
            scope.spawn(move || {
                for round in 0..60 {
                    let place = (round + thread) % 5;
                    let (wallet, balance) = (credits.wallet(format!("owner {place}")), &expected[place]);
                    wallet.give_credits(7).now().wait().unwrap();
                    balance.fetch_add(7, Ordering::Relaxed);
                    if wallet.spend_credits_on(Operation::Step).now().wait().is_ok() {
                        balance.fetch_sub(1, Ordering::Relaxed);
                    }
                    if let Ok(hold) = wallet.spend_credits_on(Operation::Render).hold(MINUTE).wait()
                        && round % 2 == 0
                    {
                        hold.settle().wait().unwrap();
                        balance.fetch_sub(10, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    for (place, balance) in expected.iter().enumerate() {
        let wallet = credits.wallet(format!("owner {place}"));
        assert_eq!(wallet.balance().unwrap(), balance.load(Ordering::Relaxed));
        let page = wallet.credit_history().limit(1_000).page().unwrap();
        let sum: i64 = page.entries.iter().map(|entry| entry.amount.get()).sum();
        assert_eq!(wallet.balance().unwrap(), sum);
        for pair in page.entries.windows(2) {
            assert_eq!(pair[0].balance_before, pair[1].balance_after);
        }
    }
}

/// Clients that spend at the same time.
const CLIENTS: usize = 256;

#[test]
fn many_clients_of_one_wallet_spend_what_there_is_and_no_more() {
    let credits = ledger();
    wallet(&credits, "ann", 2_000);
    let spent = AtomicI64::new(0);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (credits, spent) = (&credits, &spent);
            scope.spawn(move || {
                for attempt in 0..10 {
                    let spend = credits.wallet("ann").spend_credits_on(Operation::Step);
                    if spend.key(format!("{client} {attempt}")).now().wait().is_ok() {
                        spent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(spent.into_inner(), 2_000);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 0);
    credits.verify().unwrap();
}

#[test]
fn many_clients_of_many_wallets_keep_every_sum() {
    const WALLETS: usize = 10_000;
    let credits = ledger();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let credits = &credits;
            scope.spawn(move || {
                // One client gives to each wallet, and another spends from it and transfers from it.
                let mine = (client..WALLETS).step_by(CLIENTS);
                let given: Vec<_> = mine
                    .clone()
                    .map(|place| credits.wallet(format!("owner {place}")).give_credits(7).now())
                    .collect();
                for reply in given {
                    reply.wait().unwrap();
                }
                let next = |place: usize| credits.wallet(format!("owner {}", (place + 1) % WALLETS));
                for place in mine.step_by(7) {
                    drop(next(place).spend_credits_on(Operation::Step).now().wait());
                    drop(next(place).transfer_to(&next(place + 1), 2).now().wait());
                }
            });
        }
    });
    let verified = credits.verify().unwrap();
    assert_eq!(verified.wallets, WALLETS as u64);
    let totals = credits.totals().unwrap();
    let sum: i128 = totals.iter().map(|total| total.amount).sum();
    let held = (0..WALLETS).map(|place| credits.wallet(format!("owner {place}")).balance().unwrap().get());
    assert_eq!(sum, held.map(i128::from).sum());
}

#[test]
fn of_two_writes_the_one_answered_before_the_other_was_asked_is_first() {
    let credits = ledger();
    wallet(&credits, "ann", 1_000_000);
    let ticks = AtomicUsize::new(0);
    let tick = || ticks.fetch_add(1, Ordering::SeqCst);
    let mut calls: Vec<(usize, usize, u64)> = thread::scope(|scope| {
        let clients: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let ann = credits.wallet("ann");
                    let call = |_| {
                        let asked = tick();
                        let entry = ann.spend_credits_on(Operation::Step).now().wait().unwrap().entry;
                        // A client reads its own write.
                        assert!(ann.balance().unwrap() <= entry.balance_after);
                        (asked, tick(), entry.number.get())
                    };
                    (0..100).map(call).collect::<Vec<_>>()
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    // In the order of sending: each spend that had returned by then has a lower entry number.
    calls.sort_unstable();
    for (place, (asked, _, number)) in calls.iter().enumerate() {
        let before = calls[..place].iter().filter(|(_, answered, _)| answered < asked);
        assert!(before.map(|(.., earlier)| earlier).all(|earlier| earlier < number));
    }
}

#[test]
fn replies_are_futures_on_any_executor() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 100);
    block_on(async {
        ann.spend_credits_on(Operation::Step).now().await.unwrap();
        let value =
            ann.spend_credits_on(Operation::Render).run_async(|| async { Ok::<_, std::io::Error>(7) }).await;
        assert_eq!(value.unwrap(), 7);
        let failed = ann.spend_credits_on(Operation::Render).run_async(|| async { Err::<(), _>("no") }).await;
        assert!(matches!(failed, Err(RunError::Work("no"))));
    });
    assert_eq!(ann.credits().unwrap(), 89);
}

#[test]
fn a_reply_that_was_polled_can_still_be_waited_for() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 100);
    let mut reply = ann.spend_credits_on(Operation::Step).now();
    if Pin::new(&mut reply).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        reply.wait().unwrap();
    }
    assert_eq!(ann.credits().unwrap(), 99);
}

#[test]
fn a_cancelled_task_gives_the_credits_back() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 10);
    let started = AtomicBool::new(false);
    {
        let mut run = Box::pin(ann.spend_credits_on(Operation::Render).run_async(|| async {
            started.store(true, Ordering::SeqCst);
            std::future::pending::<Result<(), std::io::Error>>().await
        }));
        while !started.load(Ordering::SeqCst) {
            assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            thread::yield_now();
        }
        assert_eq!(ann.held().unwrap(), 10);
    }
    // The writer works in order, so the release sent by the drop comes before this command.
    ann.give_credits(1).now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (11.into(), 0.into()));
}

#[test]
fn a_dropped_reply_of_a_hold_releases_it() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 10);
    drop(ann.spend_credits_on(Operation::Render).hold(MINUTE));
    // The release is committed before the second command after the hold at the latest.
    ann.give_credits(1).now().wait().unwrap();
    ann.give_credits(1).now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (12.into(), 0.into()));
}

#[test]
fn work_that_panics_gives_the_credits_back() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 10);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        ann.spend_credits_on(Operation::Render)
            .run(|| -> Result<(), std::io::Error> { panic!("in the work") })
    }));
    assert!(panicked.is_err());
    ann.give_credits(1).now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (11.into(), 0.into()));
}

#[test]
fn whoever_has_a_handle_is_told_that_the_ledger_was_closed() {
    let credits = ledger();
    let ann = wallet(&credits, "ann", 10);
    let hold = ann.spend_credits_on(Operation::Render).hold(MINUTE).wait().unwrap();
    credits.clone().close().unwrap();
    let closed = |error: Error| match error {
        Error::Ledger(error) => assert_eq!(error.kind(), LedgerErrorKind::Closed),
        other => panic!("{other}"),
    };
    closed(ann.give_credits(1).now().wait().unwrap_err());
    closed(ann.credit_history().page().unwrap_err());
    closed(hold.settle().wait().unwrap_err());
    credits.close().unwrap();
}

#[test]
fn the_last_handle_may_be_dropped_while_a_hold_is_alive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let hold = {
        let credits = Credits::open(&path).unwrap();
        wallet(&credits, "ann", 10).spend_credits_on(Operation::Render).hold(MINUTE).wait().unwrap()
    };
    assert!(Credits::open(&path).is_err(), "the hold keeps the ledger open");
    drop(hold);
    let credits = Credits::open(&path).unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 10);
}

#[test]
fn a_process_shares_one_handle_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let credits = Credits::shared(&path).unwrap();
    assert!(std::ptr::eq(credits, Credits::shared(&path).unwrap()));
    let elsewhere = Credits::shared(folder.path().join("other.redb")).unwrap_err();
    let Error::Ledger(elsewhere) = elsewhere else { panic!("{elsewhere}") };
    assert_eq!(elsewhere.kind(), LedgerErrorKind::SharedElsewhere);
    credits.close().unwrap();
}
