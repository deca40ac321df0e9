//! The inbox: where requests wait for the writer. The writer takes everything at once, and the inbox is bounded.

use std::sync::{Arc, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::slot::Slot;
use crate::domain::command::Command;
use crate::domain::ids::{HoldId, Key, WalletId};
use crate::domain::limits::{BATCH_COMMANDS_MAX, QUEUE_COMMANDS_MAX};
use crate::engine::batch::billing::Bill;
use crate::engine::sync::{Condvar, Mutex, MutexGuard};
use crate::error::{LedgerError, LedgerErrorKind};

/// A request to the writer.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// A command about one wallet.
    Command(Command),
    /// A command about billing, with the key that an unknown outcome names.
    Bill(Bill, Key),
}

impl Request {
    /// The key that errors name.
    pub(crate) fn key(&self) -> &Key {
        match self {
            Self::Command(Command { key, .. }) | Self::Bill(_, key) => key,
        }
    }
}

/// A request and the slot for its reply.
pub(crate) struct Waiting {
    /// Shared with the caller, whose thread allocated it and frees it.
    pub(crate) request: Arc<Request>,
    pub(crate) slot: Slot,
}

/// Receives a result once everything due is booked.
pub(crate) type DueBooked = oneshot::Sender<Result<(), LedgerError>>;

/// What the writer takes at once.
pub(crate) struct Work<T = Waiting> {
    pub(crate) commands: Vec<T>,
    /// Holds whose guards were dropped.
    pub(crate) releases: Vec<(WalletId, HoldId)>,
    /// Callers that wait for everything due.
    pub(crate) due_booked: Vec<DueBooked>,
}

/// The result of waiting for work.
pub(crate) enum Taken<T = Waiting> {
    Work(Work<T>),
    /// No work came in time.
    TimedOut,
    /// The inbox is closed and empty.
    Closed,
}

/// How many commands may wait for the writer, and whether callers wait when there are more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) commands_max: usize,
    /// Whether a caller waits for room, instead of getting `QueueFull`.
    pub(crate) waits: bool,
}

impl Queue {
    pub(crate) const DEFAULT: Self = Self { commands_max: QUEUE_COMMANDS_MAX, waits: false };
}

/// Why a command was not put in.
pub(crate) enum Refused<T> {
    Full(T),
    Closed,
}

struct Contents<T> {
    work: Work<T>,
    /// Whether the writer waits: it is notified only then.
    is_writer_waiting: bool,
    /// Threads that wait for room.
    blocked: usize,
    /// Tasks that wait for room.
    wakers: Vec<Waker>,
    is_closed: bool,
}

/// Requests on their way to the writer.
pub(crate) struct Inbox<T = Waiting> {
    contents: Mutex<Contents<T>>,
    filled: Condvar,
    /// Threads that wait for room do so here.
    room: Condvar,
    /// Commands that may be in. Releases, and waits for due work, may be [`QUEUE_COMMANDS_MAX`] each.
    commands_max: usize,
}

impl<T> Default for Work<T> {
    fn default() -> Self {
        Self { commands: Vec::new(), releases: Vec::new(), due_booked: Vec::new() }
    }
}

impl<T> Work<T> {
    fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.releases.is_empty() && self.due_booked.is_empty()
    }
}

impl<T> Inbox<T> {
    /// An empty inbox with room for a number of commands.
    pub(crate) fn new(commands_max: usize) -> Self {
        let contents = Contents {
            work: Work::default(),
            is_writer_waiting: false,
            blocked: 0,
            wakers: Vec::new(),
            is_closed: false,
        };
        let (filled, room) = (Condvar::new(), Condvar::new());
        Self { contents: Mutex::new(contents), filled, room, commands_max }
    }

    /// Puts a command in, or returns it.
    pub(crate) fn submit(&self, waiting: T) -> Result<(), Refused<T>> {
        self.put(self.lock(), waiting).map_err(|(_, refused)| refused)
    }

    /// Puts a command in once there is room, for which this thread waits. Fails only on a closed inbox.
    pub(crate) fn submit_blocking(&self, mut waiting: T) -> Result<(), LedgerError> {
        let mut contents = self.lock();
        loop {
            let (full, back) = match self.put(contents, waiting) {
                Ok(()) => return Ok(()),
                Err((_, Refused::Closed)) => return Err(LedgerError::closed()),
                Err((full, Refused::Full(back))) => (full, back),
            };
            contents = full;
            contents.blocked = contents.blocked.saturating_add(1);
            contents = self.room.wait(contents).unwrap_or_else(PoisonError::into_inner);
            contents.blocked = contents.blocked.saturating_sub(1);
            waiting = back;
        }
    }

    /// Puts a command in, or returns it and keeps the waker until there is room.
    pub(crate) fn poll_submit(&self, waiting: T, waker: &Waker) -> Result<(), Refused<T>> {
        self.put(self.lock(), waiting).map_err(|(mut full, refused)| {
            if matches!(refused, Refused::Full(_))
                && !full.wakers.last().is_some_and(|last| last.will_wake(waker))
            {
                full.wakers.push(waker.clone());
            }
            refused
        })
    }

    /// The error of a caller that does not wait for room.
    pub(crate) fn full(&self) -> LedgerError {
        let commands_max = self.commands_max;
        let message = format!(
            "{commands_max} commands are waiting, the most there may be, and this one was not taken: send it again \
             later, or open the ledger with `wait_when_full()`"
        );
        LedgerError::new(LedgerErrorKind::QueueFull, message)
    }

    /// Puts a command in, or returns it with the lock.
    fn put<'a>(
        &self,
        mut contents: MutexGuard<'a, Contents<T>>,
        waiting: T,
    ) -> Result<(), (MutexGuard<'a, Contents<T>>, Refused<T>)> {
        if contents.is_closed {
            return Err((contents, Refused::Closed));
        }
        if contents.work.commands.len() >= self.commands_max {
            return Err((contents, Refused::Full(waiting)));
        }
        contents.work.commands.push(waiting);
        self.wake_writer(contents);
        Ok(())
    }

    /// Wakes the writer, if it waits.
    fn wake_writer(&self, mut contents: MutexGuard<'_, Contents<T>>) {
        let is_waiting = std::mem::take(&mut contents.is_writer_waiting);
        drop(contents);
        if is_waiting {
            self.filled.notify_one();
        }
    }

    /// Puts a command in without waking the writer: an error that the schedules must find.
    #[cfg(all(test, shuttle))]
    pub(crate) fn submit_silently(&self, waiting: T) {
        self.lock().work.commands.push(waiting);
    }

    /// Requests a hold's release. On a closed ledger, and beyond the limit, the hold lapses instead.
    pub(crate) fn release(&self, wallet: WalletId, hold: HoldId) {
        let mut contents = self.lock();
        if contents.is_closed {
            return;
        }
        if contents.work.releases.len() >= QUEUE_COMMANDS_MAX {
            tracing::warn!(%hold, "too many holds are to be released; this one lapses at its limit");
            return;
        }
        contents.work.releases.push((wallet, hold));
        self.wake_writer(contents);
    }

    /// Requests that everything due is booked.
    pub(crate) fn book_due(&self, due_booked: DueBooked) -> Result<(), LedgerError> {
        let mut contents = self.lock();
        if contents.is_closed {
            return Err(LedgerError::closed());
        }
        if contents.work.due_booked.len() >= QUEUE_COMMANDS_MAX {
            return Err(self.full());
        }
        contents.work.due_booked.push(due_booked);
        self.wake_writer(contents);
        Ok(())
    }

    /// Waits for work, up to a time if one is given, and takes up to [`BATCH_COMMANDS_MAX`] commands with everything else.
    pub(crate) fn take(&self, at_most: Option<Duration>) -> Taken<T> {
        let mut contents = self.lock();
        while contents.work.is_empty() {
            if contents.is_closed {
                return Taken::Closed;
            }
            contents.is_writer_waiting = true;
            let mut is_over = false;
            contents = match at_most {
                None => self.filled.wait(contents).unwrap_or_else(PoisonError::into_inner),
                Some(time) => {
                    let waited = self.filled.wait_timeout(contents, time);
                    let (contents, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                    is_over = waited.timed_out();
                    contents
                }
            };
            contents.is_writer_waiting = false;
            if is_over && contents.work.is_empty() && !contents.is_closed {
                return Taken::TimedOut;
            }
        }
        let mut work = std::mem::take(&mut contents.work);
        if work.commands.len() > BATCH_COMMANDS_MAX {
            contents.work.commands = work.commands.split_off(BATCH_COMMANDS_MAX);
        }
        self.tell_of_room(contents);
        Taken::Work(work)
    }

    /// Takes no more requests; the writer still gets those that are in.
    pub(crate) fn close(&self) {
        let mut contents = self.lock();
        contents.is_closed = true;
        self.tell_of_room(contents);
        self.filled.notify_all();
    }

    /// Closes the inbox when the writer's thread ends, and drops the requests in it, whose callers then get an error.
    pub(crate) fn abandon(&self) {
        let mut contents = self.lock();
        contents.is_closed = true;
        let work = std::mem::take(&mut contents.work);
        self.tell_of_room(contents);
        self.filled.notify_all();
        drop(work);
    }

    /// Lets every thread and task that waits for room try again.
    fn tell_of_room(&self, mut contents: MutexGuard<'_, Contents<T>>) {
        let wakers = std::mem::take(&mut contents.wakers);
        let has_blocked = contents.blocked > 0;
        drop(contents);
        if has_blocked {
            self.room.notify_all();
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Contents<T>> {
        // Nothing under the lock can panic half-way.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
