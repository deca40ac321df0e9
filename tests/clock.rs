//! Clocks that leap, stand still or go back; and the log beside the ledger's file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock, Error, LedgerErrorKind, Rejection, Timestamp};
use tempfile::TempDir;

use crate::pricing::{Credits, Operation, Wallet};

const DAY: Duration = Duration::from_hours(24);

fn clock() -> ManualClock {
    ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap())
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    (folder, path)
}

fn opened(path: &Path, clock: &ManualClock) -> Credits {
    Credits::builder().clock(clock.clone()).open(path).unwrap()
}

fn give(wallet: &Wallet, amount: i64) -> Timestamp {
    wallet.give_credits(amount).expires_in(20 * DAY).now().wait().unwrap().entry.recorded_at
}

#[test]
fn a_clock_that_leaps_is_not_believed_until_it_is_confirmed() {
    let clock = clock();
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let ann = credits.wallet("ann");
    let first = give(&ann, 10);
    clock.leap(30 * DAY + Duration::from_secs(1));
    // Nothing expires, and the ledger's time continues from its last value.
    assert_eq!(ann.credits().unwrap(), 10);
    clock.advance(Duration::from_hours(1));
    assert_eq!(give(&ann, 10), first.after(Duration::from_hours(1)));
    assert_eq!(ann.credits().unwrap(), 20);
    credits.confirm_clock();
    assert_eq!(ann.credits().unwrap(), 0);
    assert_eq!(give(&ann, 10), clock.now());
}

#[test]
fn a_smaller_leap_is_believed() {
    let clock = clock();
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let ann = credits.wallet("ann");
    give(&ann, 10);
    clock.leap(30 * DAY);
    assert_eq!(ann.credits().unwrap(), 0);
}

#[test]
fn a_clock_that_is_set_back_and_right_again_is_believed() {
    let clock = clock();
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let ann = credits.wallet("ann");
    let first = give(&ann, 10);
    clock.set(first.before(1_000 * DAY));
    assert_eq!(give(&ann, 10), first, "the ledger's time never goes back");
    clock.set(first.after(DAY));
    assert_eq!(give(&ann, 10), first.after(DAY));
}

#[test]
fn a_ledger_that_slept_for_long_asks_whether_the_clock_is_right() {
    let (_folder, path) = place();
    let clock = clock();
    let credits = opened(&path, &clock);
    let last = credits.wallet("ann").give_credits(10).expires_in(600 * DAY).now().wait().unwrap();
    credits.close().unwrap();
    clock.advance(400 * DAY + Duration::from_secs(1));

    let credits = opened(&path, &clock);
    let ann = credits.wallet("ann");
    match ann.spend_credits_on(Operation::Tick).now().wait() {
        Err(Error::Rejected(Rejection::ClockUnconfirmed { now, last: at })) => {
            assert_eq!((now, at), (clock.now(), last.entry.recorded_at));
        }
        other => panic!("not rejected: {other:?}"),
    }
    assert_eq!(ann.credits().unwrap(), 10);
    credits.confirm_clock();
    ann.spend_credits_on(Operation::Tick).now().wait().unwrap();
    credits.close().unwrap();

    clock.advance(400 * DAY);
    let credits = opened(&path, &clock);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 0, "it expired meanwhile");
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    credits.close().unwrap();
    clock.advance(500 * DAY);
    let confirmed = Credits::builder().clock(clock.clone()).confirm_clock().open(&path).unwrap();
    confirmed.wallet("ann").give_credits(1).now().wait().unwrap();
}

#[test]
fn what_came_due_while_a_ledger_was_closed_is_booked_when_it_is_opened() {
    let (_folder, path) = place();
    let clock = clock();
    let credits = opened(&path, &clock);
    for owner in 0..600 {
        give(&credits.wallet(format!("owner {owner}")), 10);
    }
    credits.close().unwrap();
    clock.advance(21 * DAY);
    let credits = opened(&path, &clock);
    let page = credits.wallet("owner 599").credit_history().page().unwrap();
    let amounts: Vec<i64> = page.entries.iter().map(|entry| entry.amount.get()).collect();
    assert_eq!(amounts, [-10, 10]);
    let totals = credits.totals().unwrap();
    assert_eq!(totals.iter().find(|total| total.account == "expired").unwrap().entries, 600);
    credits.verify().unwrap();
}

#[test]
fn a_system_clock_books_what_is_due_by_itself() {
    let credits = Credits::in_memory().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    credits.on_credits_expired(move |event| sender.send(event.entry.amount.get()).unwrap()).unwrap();
    credits.wallet("ann").give_credits(7).expires_in(Duration::from_millis(20)).now().wait().unwrap();
    // No other command is sent.
    assert_eq!(receiver.recv_timeout(Duration::from_mins(1)), Ok(-7));
}

fn log(path: &Path) -> PathBuf {
    path.with_extension("redb-log")
}

fn refused(path: &Path, words: &[&str]) {
    match Credits::open(path) {
        Err(Error::Ledger(error)) => {
            assert_eq!(error.kind(), LedgerErrorKind::LogDisagrees);
            let message = error.to_string();
            for word in words.iter().chain([&"credits.redb", &"credits.redb-log"]) {
                assert!(message.contains(word), "`{word}` is not in: {message}");
            }
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_ledger_that_vanished_is_not_begun_anew() {
    let (_folder, path) = place();
    Credits::open(&path).unwrap().close().unwrap();
    fs::remove_file(&path).unwrap();
    refused(&path, &["there is no ledger", "restore a backup"]);
    assert!(!path.exists());
    Credits::builder().accept_restored().open(&path).unwrap();
}

#[test]
fn another_ledger_and_an_older_copy_are_refused_unless_accepted() {
    let (folder, path) = place();
    let credits = Credits::open(&path).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    credits.close().unwrap();
    let old = folder.path().join("old.redb");
    fs::copy(&path, &old).unwrap();
    let credits = Credits::open(&path).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    credits.close().unwrap();

    fs::copy(&old, &path).unwrap();
    refused(&path, &["has at least 2 facts that the ledger's file lacks", "accept_restored"]);
    let accepted = Credits::builder().accept_restored().open(&path).unwrap();
    assert_eq!(accepted.wallet("ann").credits().unwrap(), 1);
    accepted.close().unwrap();
    // Accepting the file once is enough: the next opening needs no consent.
    Credits::open(&path).unwrap().close().unwrap();

    let (_other, foreign) = place();
    Credits::open(&foreign).unwrap().close().unwrap();
    fs::copy(&foreign, &path).unwrap();
    refused(&path, &["is of another ledger"]);
}

#[test]
fn a_log_of_a_closed_ledger_that_is_missing_or_unreadable_is_written_anew() {
    let (_folder, path) = place();
    Credits::open(&path).unwrap().close().unwrap();
    for broken in [None, Some(""), Some("something else\n")] {
        match broken {
            None => fs::remove_file(log(&path)).unwrap(),
            Some(text) => fs::write(log(&path), text).unwrap(),
        }
        let credits = Credits::open(&path).unwrap();
        credits.wallet("ann").give_credits(1).now().wait().unwrap();
        credits.close().unwrap();
        assert_eq!(fs::metadata(log(&path)).unwrap().len(), 2 * 4_096);
    }
    assert_eq!(Credits::open(&path).unwrap().wallet("ann").credits().unwrap(), 3);
}

/// A clock that panics on its read number `looks` by the writer, like a bug in the middle of a batch.
#[derive(Clone)]
struct Broken {
    clock: ManualClock,
    looks: Arc<AtomicUsize>,
}

impl Clock for Broken {
    fn now(&self) -> Timestamp {
        let is_writer = matches!(std::thread::current().name(), Some("credits-writer" | "credits-lane"));
        assert!(!is_writer || self.looks.fetch_sub(1, Ordering::SeqCst) != 1, "the clock is broken");
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn is_ticking(&self) -> bool {
        false
    }
}

/// Most reads of the clock in one write.
const LOOKS_MAX: usize = 12;
/// Batches that must fail, and attempts at most: the number of reads before a batch depends on when the
/// writer wakes up.
const FAILED: usize = 3;
const TRIES_MAX: usize = 2_000;

#[test]
fn work_keeps_what_is_set_aside_although_the_batch_that_extends_it_is_not_done() {
    let mut failed = 0;
    for look in (1..=LOOKS_MAX).cycle().take(TRIES_MAX) {
        if failed == FAILED {
            break;
        }
        let clock = Broken { clock: clock(), looks: Arc::new(AtomicUsize::new(usize::MAX)) };
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
        give(&ann, 100);
        let work = || {
            clock.clock.advance(Duration::from_mins(10));
            clock.looks.store(look, Ordering::SeqCst);
            let given = bob.give_credits(1).now().wait();
            let has_panicked = !(1..=LOOKS_MAX).contains(&clock.looks.swap(usize::MAX, Ordering::SeqCst));
            // Otherwise the panic was in the gift's batch, or outside of a batch and ended the writer, or the write read
            // the clock less often.
            if given.is_err() || !has_panicked || bob.give_credits(1).now().wait().is_err() {
                return Err("another place");
            }
            failed += 1;
            for minute in 1..=60 {
                clock.clock.advance(Duration::from_mins(1));
                give(&bob, 1);
                assert_eq!(ann.open_holds().unwrap().len(), 1, "look {look}, {minute} minutes later");
            }
            Ok(())
        };
        drop(ann.spend_credits_on(Operation::Upscale).run(work));
    }
    assert_eq!(failed, FAILED, "batches that were not done");
}
