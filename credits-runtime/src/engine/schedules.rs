//! The inbox, and readers beside commits and checkpoints, under random thread schedules: no item is lost or taken twice,
//! and no thread waits for ever. Run with
//! `RUSTFLAGS="--cfg shuttle"`.

mod readers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use shuttle::thread;

use super::request::inbox::{Inbox, Refused, TakenWork};
use crate::domain::ids::{HoldId, WalletId};

/// Schedules that each check explores.
const SCHEDULES: usize = 20_000;
/// Preemptions in a schedule of the PCT scheduler.
const PREEMPTIONS: usize = 4;

const SUBMITTERS: usize = 3;
const ITEMS_EACH: usize = 3;
/// Limits of the inbox: one that no test reaches, and one at which submitters wait.
const ITEMS_MAX: usize = SUBMITTERS * ITEMS_EACH + 1;
const ITEMS_FEW: usize = 2;

/// A submitted item: its submitter and its index. Counts itself when dropped.
struct Item {
    submitter: usize,
    place: usize,
    gone: Arc<AtomicUsize>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.gone.fetch_add(1, Ordering::Relaxed);
    }
}

/// The items and releases that were taken.
#[derive(Default)]
struct Found {
    items: Vec<(usize, usize)>,
    releases: usize,
}

fn wallet() -> WalletId {
    WalletId::from_names("", "ann").unwrap()
}

/// Takes work until the inbox is closed and empty.
fn take_all(inbox: &Inbox<Item>) -> Found {
    let mut found = Found::default();
    loop {
        match inbox.take(None) {
            TakenWork::Work(work) => {
                found.items.extend(work.commands.iter().map(|item| (item.submitter, item.place)));
                found.releases += work.releases.len();
            }
            TakenWork::TimedOut => {}
            TakenWork::Closed => return found,
        }
    }
}

/// Submits items in order; returns how many were accepted.
fn submit(inbox: &Inbox<Item>, submitter: usize, gone: &Arc<AtomicUsize>) -> usize {
    let item = |place| Item { submitter, place, gone: Arc::clone(gone) };
    (0..ITEMS_EACH).filter(|place| inbox.submit(item(*place)).is_ok()).count()
}

/// Submits items in order, and waits for room, as a thread or as a task; returns how many were accepted.
fn submit_waiting(inbox: &Inbox<Item>, submitter: usize, gone: &Arc<AtomicUsize>) -> usize {
    let item = |place| Item { submitter, place, gone: Arc::clone(gone) };
    let submit = |place| match submitter {
        0 => inbox.submit_blocking(item(place)).is_ok(),
        _ => shuttle::future::block_on(async {
            let mut waiting = Some(item(place));
            std::future::poll_fn(|context| {
                let Some(item) = waiting.take() else { return Poll::Ready(false) };
                match inbox.poll_submit(item, context.waker()) {
                    Ok(()) => Poll::Ready(true),
                    Err(Refused::Closed) => Poll::Ready(false),
                    Err(Refused::Full(item)) => {
                        waiting = Some(item);
                        Poll::Pending
                    }
                }
            })
            .await
        }),
    };
    (0..ITEMS_EACH).filter(|place| submit(*place)).count()
}

/// Runs all threads with room for every item, and closes the inbox with `close`, early or after all submissions.
fn everybody(close: fn(&Inbox<Item>), closes_early: bool) {
    everybody_with((ITEMS_MAX, submit), close, closes_early);
}

/// Submits one thread's items.
type Submit = fn(&Inbox<Item>, usize, &Arc<AtomicUsize>) -> usize;

fn everybody_with((room, submit): (usize, Submit), close: fn(&Inbox<Item>), closes_early: bool) {
    let (inbox, gone) = (Arc::new(Inbox::<Item>::new(room)), Arc::new(AtomicUsize::new(0)));
    let taker = {
        let inbox = Arc::clone(&inbox);
        thread::spawn(move || take_all(&inbox))
    };
    let submitters: Vec<_> = (0..SUBMITTERS)
        .map(|submitter| {
            let (inbox, gone) = (Arc::clone(&inbox), Arc::clone(&gone));
            thread::spawn(move || submit(&inbox, submitter, &gone))
        })
        .collect();
    let dropper = {
        let inbox = Arc::clone(&inbox);
        thread::spawn(move || {
            inbox.release(wallet(), HoldId::new(1));
        })
    };
    if closes_early {
        close(&inbox);
    }
    let accepted: usize = submitters.into_iter().map(|submitter| submitter.join().unwrap()).sum();
    dropper.join().unwrap();
    if !closes_early {
        close(&inbox);
    }
    let found = taker.join().unwrap();
    for submitter in 0..SUBMITTERS {
        let of: Vec<_> = found.items.iter().filter(|(by, _)| *by == submitter).collect();
        assert!(of.is_sorted() && of.windows(2).all(|pair| pair[0] != pair[1]), "out of order, or twice");
    }
    drop(inbox);
    // A refused item was returned to its submitter and dropped there.
    assert_eq!(gone.load(Ordering::Relaxed), SUBMITTERS * ITEMS_EACH);
    if !closes_early {
        assert_eq!((accepted, found.items.len()), (SUBMITTERS * ITEMS_EACH, accepted));
        assert_eq!(found.releases, 1);
    }
    assert!(found.items.len() <= accepted);
}

#[test]
fn whatever_was_accepted_is_taken_once_and_in_order() {
    shuttle::check_random(|| everybody(Inbox::close, false), SCHEDULES);
    shuttle::check_pct(|| everybody(Inbox::close, false), SCHEDULES, PREEMPTIONS);
}

#[test]
fn a_close_in_the_middle_takes_what_was_accepted_and_ends() {
    shuttle::check_random(|| everybody(Inbox::close, true), SCHEDULES);
    shuttle::check_pct(|| everybody(Inbox::close, true), SCHEDULES, PREEMPTIONS);
}

#[test]
fn a_writer_that_ends_drops_what_waits() {
    shuttle::check_random(|| everybody(Inbox::abandon, true), SCHEDULES);
    shuttle::check_pct(|| everybody(Inbox::abandon, true), SCHEDULES, PREEMPTIONS);
}

#[test]
fn whoever_waits_for_room_gets_it_or_is_told() {
    let patient: (usize, Submit) = (ITEMS_FEW, submit_waiting);
    shuttle::check_random(move || everybody_with(patient, Inbox::close, false), SCHEDULES);
    shuttle::check_random(move || everybody_with(patient, Inbox::close, true), SCHEDULES);
    shuttle::check_pct(move || everybody_with(patient, Inbox::abandon, true), SCHEDULES, PREEMPTIONS);
}

#[test]
fn a_wake_up_that_is_forgotten_is_found() {
    let forgets = || {
        let inbox = Arc::new(Inbox::<Item>::new(ITEMS_MAX));
        let taker = {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || matches!(inbox.take(None), TakenWork::Work(_)))
        };
        let gone = Arc::new(AtomicUsize::new(0));
        inbox.submit_silently(Item { submitter: 0, place: 0, gone });
        assert!(taker.join().unwrap());
    };
    let explored = catch_unwind(AssertUnwindSafe(|| shuttle::check_random(forgets, SCHEDULES)));
    assert!(explored.is_err(), "nobody missed the wake-up");
}
