//! The inbox: where commands wait for the writer. It is taken whole, and it is bounded.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::reply::Slot;
use crate::domain::command::Command;
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::limits::{BATCH_COMMANDS_MAX, QUEUE_COMMANDS_MAX};
use crate::error::{LedgerError, LedgerErrorKind};

/// A command and where its answer goes.
pub(crate) struct Waiting {
    pub(crate) command: Command,
    pub(crate) slot: Slot,
}

/// What the writer takes at once.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) commands: Vec<Waiting>,
    /// Holds that were dropped.
    pub(crate) releases: Vec<(WalletId, HoldId)>,
}

#[derive(Default)]
struct Contents {
    work: Work,
    closed: bool,
}

/// Commands and dropped holds on their way to the writer.
#[derive(Default)]
pub(crate) struct Inbox {
    contents: Mutex<Contents>,
    filled: Condvar,
}

impl Inbox {
    /// Puts a command in, or says why not.
    pub(crate) fn submit(&self, waiting: Waiting) -> Result<(), LedgerError> {
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

    /// Asks for a hold's release. Of a closed ledger the hold lapses at its limit instead.
    pub(crate) fn release(&self, wallet: WalletId, hold: HoldId) {
        let mut contents = self.lock();
        if !contents.closed {
            contents.work.releases.push((wallet, hold));
            drop(contents);
            self.filled.notify_one();
        }
    }

    /// Waits for work and takes it; `None` once the inbox is closed and empty.
    pub(crate) fn take(&self) -> Option<Work> {
        let contents = self.lock();
        let is_idle = |contents: &mut Contents| {
            contents.work.commands.is_empty() && contents.work.releases.is_empty() && !contents.closed
        };
        let mut contents = self.filled.wait_while(contents, is_idle).unwrap_or_else(PoisonError::into_inner);
        if contents.work.commands.len() > BATCH_COMMANDS_MAX {
            let rest = contents.work.commands.split_off(BATCH_COMMANDS_MAX);
            let work = std::mem::take(&mut contents.work);
            contents.work.commands = rest;
            return Some(work);
        }
        let work = std::mem::take(&mut contents.work);
        (!work.commands.is_empty() || !work.releases.is_empty()).then_some(work)
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
        drop(work);
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing under the lock can panic half-way.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
