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
    /// How many followers wait: nobody else need be told.
    waiting: usize,
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
        let refusals = VecDeque::new();
        let contents = Contents { next_fact, refusals, waiting: 0, wants_refusals: false, closed: false };
        Self { contents: Mutex::new(contents), changed: Condvar::new() }
    }

    /// More of the journal is committed.
    pub(crate) fn announce(&self, next_fact: FactNumber) {
        let mut contents = self.lock();
        contents.next_fact = next_fact;
        self.tell(contents);
    }

    /// A spending was refused. Kept for those who ask, the newest ones.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let mut contents = self.lock();
        if contents.wants_refusals {
            if contents.refusals.len() >= REFUSALS_MAX {
                contents.refusals.pop_front();
            }
            contents.refusals.push_back(refusal);
            self.tell(contents);
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
        let mut contents = self.wait_while(at_most, nothing);
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
        self.wait_while(Some(time), |contents| !contents.closed).closed
    }

    fn wait_while(
        &self,
        at_most: Option<Duration>,
        goes_on: impl FnMut(&mut Contents) -> bool,
    ) -> MutexGuard<'_, Contents> {
        let mut contents = self.lock();
        contents.waiting = contents.waiting.saturating_add(1);
        let mut contents = match at_most {
            None => self.changed.wait_while(contents, goes_on).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                let waited = self.changed.wait_timeout_while(contents, time, goes_on);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        contents.waiting = contents.waiting.saturating_sub(1);
        contents
    }

    /// Ends the waiting of everybody.
    pub(crate) fn close(&self) {
        let mut contents = self.lock();
        contents.closed = true;
        self.tell(contents);
    }

    /// Wakes everybody who waits.
    fn tell(&self, contents: MutexGuard<'_, Contents>) {
        let waiting = contents.waiting;
        drop(contents);
        if waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing under the lock can panic half-way.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
