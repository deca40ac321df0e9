//! The inbox: where commands wait for the writer. It is taken whole, and it is bounded.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::billing::Bill;
use super::reply::Slot;
use super::store::Cursors;
use super::sync::{Condvar, Mutex, MutexGuard};
use crate::domain::command::Command;
use crate::domain::ids::{FactNumber, HoldId, Key, WalletId};
use crate::domain::limits::{BATCH_COMMANDS_MAX, QUEUE_COMMANDS_MAX};
use crate::error::{LedgerError, LedgerErrorKind};

/// What the writer is asked.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Something of one wallet.
    Command(Command),
    /// Something about billing, with the key that an unknown outcome names.
    Bill(Bill, Key),
}

impl Asked {
    /// The key that it is answered under.
    pub(crate) fn key(&self) -> &Key {
        match self {
            Self::Command(Command { key, .. }) | Self::Bill(_, key) => key,
        }
    }
}

/// What is asked, and where its answer goes.
pub(crate) struct Waiting {
    /// Shared with whoever asked, so that it is freed where it was made.
    pub(crate) asked: Arc<Asked>,
    pub(crate) slot: Slot,
}

/// Told once everything due is booked.
pub(crate) type Booked = oneshot::Sender<Result<(), LedgerError>>;

/// What the writer takes at once.
pub(crate) struct Work<T = Waiting> {
    pub(crate) commands: Vec<T>,
    /// Holds that were dropped.
    pub(crate) releases: Vec<(WalletId, HoldId)>,
    /// Who waits for what is due.
    pub(crate) booked: Vec<Booked>,
    /// How far subscribers have come.
    pub(crate) cursors: Cursors,
}

/// What the writer finds.
pub(crate) enum Taken<T = Waiting> {
    Work(Work<T>),
    /// Nothing came within the time.
    Nothing,
    /// Nothing but cursors.
    Poked,
    /// Nothing comes any more. Cursors may be left.
    Closed(Cursors),
}

struct Contents<T> {
    work: Work<T>,
    /// Whether cursors are to be written when there is time.
    poked: bool,
    closed: bool,
}

/// Commands and dropped holds on their way to the writer.
pub(crate) struct Inbox<T = Waiting> {
    contents: Mutex<Contents<T>>,
    filled: Condvar,
}

impl<T> Default for Work<T> {
    fn default() -> Self {
        let (commands, releases, booked) = (Vec::new(), Vec::new(), Vec::new());
        Self { commands, releases, booked, cursors: BTreeMap::new() }
    }
}

impl<T> Work<T> {
    /// Whether the writer need not be woken: cursors alone can wait.
    fn can_wait(&self) -> bool {
        self.commands.is_empty() && self.releases.is_empty() && self.booked.is_empty()
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        let contents = Contents { work: Work::default(), poked: false, closed: false };
        Self { contents: Mutex::new(contents), filled: Condvar::new() }
    }
}

impl<T> Inbox<T> {
    /// Puts a command in, or says why not.
    pub(crate) fn submit(&self, waiting: T) -> Result<(), LedgerError> {
        let mut contents = self.lock();
        if contents.closed {
            return Err(LedgerError::closed());
        }
        if contents.work.commands.len() >= QUEUE_COMMANDS_MAX {
            let message = format!(
                "{QUEUE_COMMANDS_MAX} commands are waiting, the most there may be: send it again later"
            );
            return Err(LedgerError::new(LedgerErrorKind::QueueFull, message));
        }
        contents.work.commands.push(waiting);
        drop(contents);
        self.filled.notify_one();
        Ok(())
    }

    /// Puts something in and tells nobody: what tests must find.
    #[cfg(all(test, shuttle))]
    pub(crate) fn submit_silently(&self, waiting: T) {
        self.lock().work.commands.push(waiting);
    }

    /// Asks for a hold's release. Of a closed ledger the hold lapses at its limit instead.
    pub(crate) fn release(&self, wallet: WalletId, hold: HoldId) {
        let mut contents = self.lock();
        if !contents.closed {
            contents.work.releases.push((wallet, hold));
            drop(contents);
            self.filled.notify_one();
        }
    }

    /// Asks for everything due to be booked.
    pub(crate) fn book_due(&self, booked: Booked) -> Result<(), LedgerError> {
        let mut contents = self.lock();
        if contents.closed {
            return Err(LedgerError::closed());
        }
        contents.work.booked.push(booked);
        drop(contents);
        self.filled.notify_one();
        Ok(())
    }

    /// Where a subscriber has come to; written with the next commit.
    pub(crate) fn advance(&self, subscriber: &str, next: FactNumber) {
        self.lock().work.cursors.insert(subscriber.to_owned(), next);
    }

    /// Wakes an idle writer, which then writes the cursors.
    pub(crate) fn poke(&self) {
        self.lock().poked = true;
        self.filled.notify_one();
    }

    /// Waits for work, at most for so long, and takes it; what comes next goes into `empty`.
    pub(crate) fn take(&self, at_most: Option<Duration>, empty: Vec<T>) -> Taken<T> {
        let mut contents = self.lock();
        while contents.work.can_wait() && !contents.closed && !contents.poked {
            let Some(time) = at_most else {
                contents = self.filled.wait(contents).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (found, waited) =
                self.filled.wait_timeout(contents, time).unwrap_or_else(PoisonError::into_inner);
            contents = found;
            if waited.timed_out() {
                break;
            }
        }
        let poked = std::mem::take(&mut contents.poked);
        if contents.work.can_wait() && !contents.closed {
            return if poked { Taken::Poked } else { Taken::Nothing };
        }
        let mut work = std::mem::take(&mut contents.work);
        if work.can_wait() {
            return Taken::Closed(work.cursors);
        }
        contents.work.commands = empty;
        if work.commands.len() > BATCH_COMMANDS_MAX {
            contents.work.commands = work.commands.split_off(BATCH_COMMANDS_MAX);
        }
        Taken::Work(work)
    }

    /// Takes what is there of subscribers' cursors.
    pub(crate) fn take_cursors(&self) -> Cursors {
        std::mem::take(&mut self.lock().work.cursors)
    }

    /// Takes no more; what is in is still done.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Ends it when the writer ends, however it ended: what is in is dropped, and so answered.
    pub(crate) fn abandon(&self) {
        let mut contents = self.lock();
        contents.closed = true;
        let work = std::mem::take(&mut contents.work);
        drop(contents);
        self.filled.notify_all();
        drop(work);
    }

    fn lock(&self) -> MutexGuard<'_, Contents<T>> {
        // Nothing under the lock can panic half-way.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
