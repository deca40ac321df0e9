//! The bounded queue of commands: further ones are refused by name or wait for room, as the application
//! chooses.

use std::thread;

use credits_runtime::{Error, LedgerErrorKind, Receipt, Reply, Timestamp, usage_credits};

use crate::executor::block_on;
use crate::power::gate::GatedClock;

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

const ROOM: usize = 4;

/// A ledger with a short queue, and its clock.
fn ledger(waits: bool) -> (Credits, GatedClock) {
    let clock = GatedClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let builder = Credits::builder().clock(clock.clone()).queue_max(ROOM);
    let builder = if waits { builder.wait_when_full() } else { builder };
    let credits = builder.in_memory().unwrap();
    credits.wallet("ann").give_credits(100).now().wait().unwrap();
    (credits, clock)
}

fn spend(credits: &Credits, job: usize) -> Reply<Receipt> {
    credits.wallet("ann").spend_credits_on(Operation::step(1)).key(format!("job {job}")).now()
}

/// Stops the writer, which may or may not have taken a command, and fills the queue.
fn full(credits: &Credits, clock: &GatedClock) -> Vec<Reply<Receipt>> {
    clock.shut();
    let first = spend(credits, 0);
    clock.until_somebody_waits();
    std::iter::once(first).chain((1..=ROOM).map(|job| spend(credits, job))).collect()
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::Ledger(error) if error.kind() == LedgerErrorKind::QueueFull)
}

#[test]
fn one_too_many_is_refused_by_name_and_was_not_taken() {
    let (credits, clock) = ledger(false);
    let replies = full(&credits, &clock);
    let Err(refused) = spend(&credits, 99).wait() else { panic!("it was taken") };
    assert!(is_full(&refused) && refused.to_string().contains("4 commands are waiting"), "{refused}");
    clock.open();
    let done: Vec<bool> = replies.into_iter().map(|reply| reply.wait().is_ok()).collect();
    let count = done.iter().filter(|done| **done).count();
    assert!(count == ROOM || count == ROOM + 1, "{done:?}");
    // A refused command may be sent again under its key, and is done now.
    for (job, was_done) in done.iter().enumerate().chain([(99, &false)]) {
        assert_eq!(spend(&credits, job).wait().unwrap().replayed, *was_done);
    }
    assert_eq!(credits.wallet("ann").credits().unwrap(), 94);
}

#[test]
fn whoever_waits_for_room_is_served_once_there_is_some() {
    let (credits, clock) = ledger(true);
    let replies = full(&credits, &clock);
    // Threads and tasks, more of each than the queue has room for.
    let threads: Vec<_> = (100..110)
        .map(|job| {
            let reply = spend(&credits, job);
            thread::spawn(move || reply.wait().unwrap())
        })
        .collect();
    let tasks: Vec<_> = (200..210)
        .map(|job| {
            let reply = spend(&credits, job);
            thread::spawn(move || block_on(reply).unwrap())
        })
        .collect();
    clock.open();
    for reply in replies {
        assert!(!reply.wait().unwrap().replayed);
    }
    for waiting in threads.into_iter().chain(tasks) {
        assert!(!waiting.join().unwrap().replayed);
    }
    assert_eq!(credits.wallet("ann").credits().unwrap(), 75);
    credits.verify().unwrap();
}

#[test]
fn what_waits_for_room_is_not_sent_if_nobody_waits_for_it() {
    let (credits, clock) = ledger(true);
    let replies = full(&credits, &clock);
    drop(spend(&credits, 99));
    clock.open();
    for reply in replies {
        drop(reply.wait().unwrap());
    }
    assert!(!spend(&credits, 99).wait().unwrap().replayed);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 94);
}

#[test]
fn whoever_waits_for_room_is_told_that_the_ledger_was_closed() {
    let (credits, clock) = ledger(true);
    let replies = full(&credits, &clock);
    let waiting = spend(&credits, 99);
    let closing = {
        let credits = credits.clone();
        thread::spawn(move || credits.close())
    };
    clock.open();
    let is_closed = |refused: Result<Receipt, Error>| match refused {
        Err(Error::Ledger(error)) => error.kind() == LedgerErrorKind::Closed,
        _ => false,
    };
    // If the writer has not taken a command, the last of these waits for room, like the one after them.
    let outcomes: Vec<_> = replies.into_iter().map(Reply::wait).collect();
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(done >= ROOM, "only {done} are done");
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok() || is_closed(outcome)));
    closing.join().unwrap().unwrap();
    assert!(is_closed(waiting.wait()), "it was taken");
}
