//! News: how far the journal is committed, for those who follow it on their own threads, and what was refused.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::amount::Amount;
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::limits::REFUSALS_MAX;
use crate::domain::time::Timestamp;

/// A spending that was refused for want of credits.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) wallet: WalletId,
    pub(crate) needed: Amount,
    pub(crate) available: Amount,
    pub(crate) at: Timestamp,
}

/// What followers wait for.
pub(crate) struct News {
    contents: Mutex<Contents>,
    changed: Condvar,
}

struct Contents {
    next_fact: FactNumber,
    refusals: VecDeque<Refusal>,
    /// Whether anybody asks for refusals.
    wants_refusals: bool,
    closed: bool,
}

/// What a follower finds.
#[derive(Debug)]
pub(crate) enum Found {
    /// The journal goes on beyond what was asked from.
    Facts,
    Refusals(Vec<Refusal>),
    /// Nothing within the time.
    Nothing,
    Closed,
}

impl News {
    /// The journal is committed up to before this fact.
    pub(crate) fn new(next_fact: FactNumber) -> Self {
        let contents =
            Contents { next_fact, refusals: VecDeque::new(), wants_refusals: false, closed: false };
        Self { contents: Mutex::new(contents), changed: Condvar::new() }
    }

    /// More of the journal is committed.
    pub(crate) fn announce(&self, next_fact: FactNumber) {
        self.lock().next_fact = next_fact;
        self.changed.notify_all();
    }

    /// A spending was refused. Kept for those who ask, the newest ones.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let mut contents = self.lock();
        if contents.wants_refusals {
            if contents.refusals.len() >= REFUSALS_MAX {
                contents.refusals.pop_front();
            }
            contents.refusals.push_back(refusal);
            self.changed.notify_all();
        }
    }

    /// Keeps refusals from now on.
    pub(crate) fn want_refusals(&self) {
        self.lock().wants_refusals = true;
    }

    /// The next fact that will be committed.
    pub(crate) fn next_fact(&self) -> FactNumber {
        self.lock().next_fact
    }

    /// Waits for facts from here on, or for refusals if they are taken, at most for so long.
    pub(crate) fn wait(&self, from: FactNumber, takes_refusals: bool, at_most: Option<Duration>) -> Found {
        let nothing = |contents: &mut Contents| {
            let refused = takes_refusals && !contents.refusals.is_empty();
            !(contents.closed || refused || contents.next_fact > from)
        };
        let mut contents = match at_most {
            None => self.changed.wait_while(self.lock(), nothing).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                let waited = self.changed.wait_timeout_while(self.lock(), time, nothing);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        if contents.closed {
            Found::Closed
        } else if contents.next_fact > from {
            Found::Facts
        } else if takes_refusals && !contents.refusals.is_empty() {
            Found::Refusals(contents.refusals.drain(..).collect())
        } else {
            Found::Nothing
        }
    }

    /// Waits for so long, unless the ledger is closed before; answers whether it is.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |contents| !contents.closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Ends the waiting of everybody.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing under the lock can panic half-way.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
