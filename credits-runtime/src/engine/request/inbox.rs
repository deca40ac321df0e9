//! The inbox: a bounded queue of requests, from which the writer takes up to a batch at once.

use std::sync::{Arc, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::slot::Slot;
use crate::domain::command::Command;
use crate::domain::ids::{HoldId, Key, WalletId};
use crate::domain::limits::{BATCH_COMMANDS_MAX, QUEUE_COMMANDS_MAX};
use crate::engine::batch::billing::Bill;
use crate::engine::clock::{Clock as _, SystemClock};
use crate::engine::sync::{Condvar, Mutex, MutexGuard};
use crate::error::{LedgerError, LedgerErrorKind};

/// A request to the writer.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every request is a command, and each is in an `Arc`")]
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
    /// The reading of the monotonic clock when it was sent, for a ledger in a database.
    pub(crate) since: Duration,
}

impl Waiting {
    /// Notes that a request for which there was no room is sent now.
    pub(crate) fn is_sent_now(&mut self) {
        if !self.since.is_zero() {
            self.since = SystemClock.monotonic();
        }
    }
}

/// The sender of a result to a caller that waits until all due work is booked.
pub(crate) type DueCaller = oneshot::Sender<Result<(), LedgerError>>;

/// Work that the writer takes at once.
pub(crate) struct Work<T = Waiting> {
    pub(crate) commands: Vec<T>,
    /// Holds whose guards were dropped.
    pub(crate) releases: Vec<(WalletId, HoldId)>,
    /// Callers that wait until all due work is booked.
    pub(crate) due_booked: Vec<DueCaller>,
}

/// The result of waiting for work.
pub(crate) enum TakenWork<T = Waiting> {
    Work(Work<T>),
    /// No work came in time.
    TimedOut,
    /// The inbox is closed and empty.
    Closed,
}

/// The limit of waiting commands, and the treatment of callers beyond it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) commands_max: usize,
    /// Whether a caller waits for room. If not, its command fails with `QueueFull`.
    pub(crate) waits: bool,
}

impl Queue {
    pub(crate) const DEFAULT: Self = Self { commands_max: QUEUE_COMMANDS_MAX, waits: false };
}

/// The reason why a command was not queued.
pub(crate) enum Refused<T> {
    Full(T),
    Closed,
}

struct InboxState<T> {
    work: Work<T>,
    /// Whether the writer waits, and must be notified.
    is_writer_waiting: bool,
    /// Threads that wait for room.
    blocked: usize,
    /// Tasks that wait for room.
    wakers: Vec<Waker>,
    is_closed: bool,
}

/// The queue of requests to the writer.
pub(crate) struct Inbox<T = Waiting> {
    contents: Mutex<InboxState<T>>,
    filled: Condvar,
    /// Notifies threads that wait for room.
    room: Condvar,
    /// Limit of queued commands. Releases, and callers that wait for due work, are limited to [`QUEUE_COMMANDS_MAX`]
    /// each.
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
    /// An empty inbox with room for up to this many commands.
    pub(crate) fn new(commands_max: usize) -> Self {
        let contents = InboxState {
            work: Work::default(),
            is_writer_waiting: false,
            blocked: 0,
            wakers: Vec::new(),
            is_closed: false,
        };
        let (filled, room) = (Condvar::new(), Condvar::new());
        Self { contents: Mutex::new(contents), filled, room, commands_max }
    }

    /// Queues a command, or returns it.
    pub(crate) fn submit(&self, waiting: T) -> Result<(), Refused<T>> {
        self.put(self.lock(), waiting).map_err(|(_, refused)| refused)
    }

    /// Queues a command, and blocks this thread until there is room. Fails only if the inbox is closed.
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

    /// Queues a command; without room, returns it and keeps the waker until there is.
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

    /// Queues a command, or returns it with the lock.
    fn put<'a>(
        &self,
        mut contents: MutexGuard<'a, InboxState<T>>,
        waiting: T,
    ) -> Result<(), (MutexGuard<'a, InboxState<T>>, Refused<T>)> {
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
    fn wake_writer(&self, mut contents: MutexGuard<'_, InboxState<T>>) {
        let is_waiting = std::mem::take(&mut contents.is_writer_waiting);
        drop(contents);
        if is_waiting {
            self.filled.notify_one();
        }
    }

    /// Queues a command without waking the writer, a bug that the schedules must find.
    #[cfg(all(test, shuttle))]
    pub(crate) fn submit_silently(&self, waiting: T) {
        self.lock().work.commands.push(waiting);
    }

    /// Queues the release of a hold. If the inbox is closed or full, the hold lapses at its limit instead.
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

    /// The number of queued commands.
    pub(crate) fn len(&self) -> usize {
        self.lock().work.commands.len()
    }

    /// Queues the booking of all due work.
    pub(crate) fn book_due(&self, due_booked: DueCaller) -> Result<(), LedgerError> {
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

    /// Waits for work, up to a time if one is given. Takes up to [`BATCH_COMMANDS_MAX`] commands, and everything
    /// else.
    pub(crate) fn take(&self, at_most: Option<Duration>) -> TakenWork<T> {
        let mut contents = self.lock();
        while contents.work.is_empty() {
            if contents.is_closed {
                return TakenWork::Closed;
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
                return TakenWork::TimedOut;
            }
        }
        let mut work = std::mem::take(&mut contents.work);
        if work.commands.len() > BATCH_COMMANDS_MAX {
            contents.work.commands = work.commands.split_off(BATCH_COMMANDS_MAX);
        }
        self.notify_room(contents);
        TakenWork::Work(work)
    }

    /// Closes the inbox to new requests. The writer still gets the queued ones.
    pub(crate) fn close(&self) {
        let mut contents = self.lock();
        contents.is_closed = true;
        self.notify_room(contents);
        self.filled.notify_all();
    }

    /// Closes the inbox when the writer's thread ends, and drops the queued requests, whose callers then get an
    /// error.
    pub(crate) fn abandon(&self) {
        let mut contents = self.lock();
        contents.is_closed = true;
        let work = std::mem::take(&mut contents.work);
        self.notify_room(contents);
        self.filled.notify_all();
        drop(work);
    }

    /// Wakes every thread and task that waits for room, to try again.
    fn notify_room(&self, mut contents: MutexGuard<'_, InboxState<T>>) {
        let wakers = std::mem::take(&mut contents.wakers);
        let has_blocked = contents.blocked > 0;
        drop(contents);
        if has_blocked {
            self.room.notify_all();
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, InboxState<T>> {
        // No code under the lock panics, so a poisoned state is consistent.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
