//! The inbox: where commands wait for the writer. It is taken whole, and it is bounded.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::billing::Bill;
use super::reply::Slot;
use super::store::Cursors;
use super::sync::{Condvar, Mutex, MutexGuard};
use crate::domain::command::Command;
use crate::domain::ids::{FactNumber, HoldId, Key, WalletId};
use crate::domain::limits::{BATCH_COMMANDS_MAX, LINGER, QUEUE_COMMANDS_MAX};
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

/// How often the writer looks for work after it had some before it sleeps: for about 40 microseconds in all.
#[cfg(not(shuttle))]
const AWAKE_LOOKS: usize = 50;
/// How long it pauses between two looks.
#[cfg(not(shuttle))]
const AWAKE_PAUSES: usize = 50;

/// How many more commands wake the writer while a batch is on its way.
const MORE_COMMANDS: usize = 32;

/// How long the writer waits for more commands than there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linger {
    /// Until there are so many.
    pub(crate) commands: usize,
    /// But at most for so long.
    pub(crate) at_most: Duration,
}

impl Linger {
    /// Not at all.
    pub(crate) const NOT: Self = Self { commands: 0, at_most: Duration::ZERO };

    /// For those who were answered last and may ask again, and for those who wait already. Somebody alone is not waited
    /// for.
    pub(crate) fn for_clients(answered: usize, waiting: usize) -> Self {
        Self { commands: answered.saturating_add(waiting), at_most: LINGER }
    }
}

/// What the writer finds.
pub(crate) enum Taken<T = Waiting> {
    Work(Work<T>),
    /// Nothing came within the time.
    Nothing,
    /// Nothing but cursors.
    Poked,
    /// Nothing, but what was on its way has landed.
    Landed,
    /// Nothing comes any more. Cursors may be left.
    Closed(Cursors),
}

/// How many commands may wait for the writer, and what becomes of more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) commands_max: usize,
    /// Whether they wait for room, instead of being refused.
    pub(crate) waits: bool,
}

impl Queue {
    pub(crate) const USUAL: Self = Self { commands_max: QUEUE_COMMANDS_MAX, waits: false };
}

/// Why a command was not put in. Whoever sent it has it back.
pub(crate) enum Refused<T> {
    Full(T),
    Closed,
}

struct Contents<T> {
    work: Work<T>,
    /// With how many commands the writer is to be woken, while it waits: nobody tells a writer that is awake.
    wakes_at: Option<usize>,
    /// How many threads wait for room.
    blocked: usize,
    /// Tasks that wait for room.
    wakers: Vec<Waker>,
    /// Whether cursors are to be written when there is time.
    poked: bool,
    /// Whether a batch that was on its way is durable, or failed.
    landed: bool,
    closed: bool,
}

/// Commands and dropped holds on their way to the writer.
pub(crate) struct Inbox<T = Waiting> {
    contents: Mutex<Contents<T>>,
    filled: Condvar,
    /// Threads that wait for room do so here.
    room: Condvar,
    /// Commands that may be in.
    commands_max: usize,
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

impl<T> Inbox<T> {
    /// An empty one, with room for so many commands.
    pub(crate) fn new(commands_max: usize) -> Self {
        let (work, wakers) = (Work::default(), Vec::new());
        let contents =
            Contents { work, wakes_at: None, blocked: 0, wakers, poked: false, landed: false, closed: false };
        let (filled, room) = (Condvar::new(), Condvar::new());
        Self { contents: Mutex::new(contents), filled, room, commands_max }
    }

    /// Puts a command in, or gives it back.
    pub(crate) fn submit(&self, waiting: T) -> Result<(), Refused<T>> {
        self.put(self.lock(), waiting).map_err(|(_, refused)| refused)
    }

    /// Puts a command in as soon as there is room; this thread waits for it. Fails only if it is closed.
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

    /// Puts a command in, or gives it back; then the waker is told once it is worth another try.
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

    /// The error of whoever does not wait for room.
    pub(crate) fn full(&self) -> LedgerError {
        let commands_max = self.commands_max;
        let message = format!(
            "{commands_max} commands are waiting, the most there may be, and this one was not taken: send it again \
             later, or open the ledger with `wait_when_full()`"
        );
        LedgerError::new(LedgerErrorKind::QueueFull, message)
    }

    /// Puts a command in, or gives it back with the lock.
    fn put<'a>(
        &self,
        mut contents: MutexGuard<'a, Contents<T>>,
        waiting: T,
    ) -> Result<(), (MutexGuard<'a, Contents<T>>, Refused<T>)> {
        if contents.closed {
            return Err((contents, Refused::Closed));
        }
        if contents.work.commands.len() >= self.commands_max {
            return Err((contents, Refused::Full(waiting)));
        }
        contents.work.commands.push(waiting);
        let count = contents.work.commands.len();
        if contents.wakes_at.is_some_and(|wanted| count >= wanted) {
            self.wake(contents);
        }
        Ok(())
    }

    /// Wakes the writer, if it waits.
    fn wake(&self, mut contents: MutexGuard<'_, Contents<T>>) {
        let waits = contents.wakes_at.take().is_some();
        drop(contents);
        if waits {
            self.filled.notify_one();
        }
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
            self.wake(contents);
        }
    }

    /// Asks for everything due to be booked.
    pub(crate) fn book_due(&self, booked: Booked) -> Result<(), LedgerError> {
        let mut contents = self.lock();
        if contents.closed {
            return Err(LedgerError::closed());
        }
        contents.work.booked.push(booked);
        self.wake(contents);
        Ok(())
    }

    /// Where a subscriber has come to; written with the next commit.
    pub(crate) fn advance(&self, subscriber: &str, next: FactNumber) {
        self.lock().work.cursors.insert(subscriber.to_owned(), next);
    }

    /// Wakes an idle writer, which then writes the cursors.
    pub(crate) fn poke(&self) {
        let mut contents = self.lock();
        contents.poked = true;
        self.wake(contents);
    }

    /// Wakes the writer: a batch has landed.
    pub(crate) fn land(&self) {
        let mut contents = self.lock();
        contents.landed = true;
        self.wake(contents);
    }

    /// Whether a batch has landed that the writer does not know of.
    pub(crate) fn has_landed(&self) -> bool {
        self.lock().landed
    }

    /// The writer knows of every batch that has landed.
    pub(crate) fn forget_landing(&self) {
        self.lock().landed = false;
    }

    /// While a batch is on its way: waits until there are more commands, and takes those that may join the one that is
    /// being decided, at most so many; nothing once it has landed.
    pub(crate) fn take_more(&self, most: usize, joins: impl Fn(&T) -> bool) -> Option<Vec<T>> {
        let mut contents = self.lock();
        loop {
            if contents.landed {
                return None;
            }
            let commands = contents.work.commands.iter().take(most).take_while(|command| joins(command));
            let count = commands.count();
            if count > 0 {
                let more = contents.work.commands.drain(..count).collect();
                self.tell_of_room(contents);
                return Some(more);
            }
            // What may not join waits for the landing.
            let wanted = contents.work.commands.len().saturating_add(MORE_COMMANDS);
            contents = self.sleep(contents, wanted, None).0;
        }
    }

    /// Waits for work, at most for so long, and takes it; what comes next goes into `empty`. Few commands are waited
    /// for more of, as the linger says.
    pub(crate) fn take(&self, at_most: Option<Duration>, linger: Linger, empty: Vec<T>) -> Taken<T> {
        if linger.commands > 0 {
            self.stay_awake();
        }
        let mut contents = self.lock();
        while contents.work.can_wait() && !contents.closed && !contents.poked && !contents.landed {
            let waited = self.sleep(contents, 1, at_most);
            contents = waited.0;
            if waited.1 {
                break;
            }
        }
        let poked = std::mem::take(&mut contents.poked);
        if contents.work.can_wait() && !contents.closed {
            return match (contents.landed, poked) {
                (true, _) => Taken::Landed,
                (_, true) => Taken::Poked,
                _ => Taken::Nothing,
            };
        }
        let Linger { commands, at_most } = linger;
        // When it is full nobody can put more in.
        let commands = commands.min(self.commands_max).min(BATCH_COMMANDS_MAX);
        if (1..commands).contains(&contents.work.commands.len()) && !contents.closed {
            contents = self.sleep(contents, commands, Some(at_most)).0;
        }
        let mut work = std::mem::take(&mut contents.work);
        if work.can_wait() {
            return Taken::Closed(work.cursors);
        }
        contents.work.commands = empty;
        if work.commands.len() > BATCH_COMMANDS_MAX {
            contents.work.commands = work.commands.split_off(BATCH_COMMANDS_MAX);
        }
        self.tell_of_room(contents);
        Taken::Work(work)
    }

    /// Looks for work a little while without sleeping: whoever was just answered often asks again at once, and waking up
    /// takes longer than that.
    fn stay_awake(&self) {
        #[cfg(not(shuttle))]
        for _ in 0..AWAKE_LOOKS {
            let contents = self.lock();
            if contents.landed || !contents.work.can_wait() {
                return;
            }
            drop(contents);
            (0..AWAKE_PAUSES).for_each(|_| std::hint::spin_loop());
        }
    }

    /// Waits until it is woken with so many commands, or by anything else; answers whether the time is over.
    fn sleep<'a>(
        &'a self,
        mut contents: MutexGuard<'a, Contents<T>>,
        commands: usize,
        at_most: Option<Duration>,
    ) -> (MutexGuard<'a, Contents<T>>, bool) {
        contents.wakes_at = Some(commands);
        let (mut contents, is_over) = match at_most {
            None => (self.filled.wait(contents).unwrap_or_else(PoisonError::into_inner), false),
            Some(time) => {
                let waited = self.filled.wait_timeout(contents, time);
                let (contents, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                (contents, waited.timed_out())
            }
        };
        contents.wakes_at = None;
        (contents, is_over)
    }

    /// How many commands are in.
    pub(crate) fn len(&self) -> usize {
        self.lock().work.commands.len()
    }

    /// Takes what is there of subscribers' cursors.
    pub(crate) fn take_cursors(&self) -> Cursors {
        std::mem::take(&mut self.lock().work.cursors)
    }

    /// Takes no more; what is in is still done.
    pub(crate) fn close(&self) {
        let mut contents = self.lock();
        contents.closed = true;
        self.tell_of_room(contents);
        self.filled.notify_all();
    }

    /// Ends it when the writer ends, however it ended: what is in is dropped, and so answered.
    pub(crate) fn abandon(&self) {
        let mut contents = self.lock();
        contents.closed = true;
        let work = std::mem::take(&mut contents.work);
        self.tell_of_room(contents);
        self.filled.notify_all();
        drop(work);
    }

    /// Has everybody who waits for room try again.
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
