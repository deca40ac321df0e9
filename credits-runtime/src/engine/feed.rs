//! The commit feed: the committed end of the journal, and rejected spends, for threads that follow them.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use super::tuning::REFUSALS_MAX;
use crate::domain::amount::Amount;
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::pricing::Charge;
use crate::domain::time::Timestamp;
use crate::engine::sync::{Condvar, Mutex, MutexGuard};

/// A spend or hold that was rejected for want of credits.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) wallet: WalletId,
    pub(crate) needed: Amount,
    pub(crate) available: Amount,
    /// The operation with its inputs.
    pub(crate) charge: Charge,
    pub(crate) at: Timestamp,
}

/// The feed of commits.
pub(crate) struct CommitFeed {
    contents: Mutex<FeedState>,
    changed: Condvar,
}

struct FeedState {
    next_fact: FactNumber,
    refusals: VecDeque<Refusal>,
    /// Number of waiting threads; a commit notifies only if there are any.
    waiting: usize,
    wants_refusals: bool,
    is_closed: bool,
}

/// The result of waiting for the feed.
#[derive(Debug)]
pub(crate) enum Followed {
    /// The journal has the requested fact.
    Facts,
    /// There are rejected spends to take.
    Refusals,
    TimedOut,
    Closed,
}

/// Which program follows the journal for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Following<P> {
    /// This one, as before.
    Here,
    /// This one from now on, from the subscriber's position, which another one may have advanced.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "one program has a file open"))]
    Begun(P),
    /// Another one.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "one program has a file open"))]
    Elsewhere,
}

impl CommitFeed {
    /// A feed of a journal whose next fact is this one.
    pub(crate) fn new(next_fact: FactNumber) -> Self {
        let refusals = VecDeque::new();
        let contents = FeedState { next_fact, refusals, waiting: 0, wants_refusals: false, is_closed: false };
        Self { contents: Mutex::new(contents), changed: Condvar::new() }
    }

    /// Publishes the next fact of the committed journal.
    pub(crate) fn publish(&self, next_fact: FactNumber) {
        let mut contents = self.lock();
        contents.next_fact = next_fact;
        self.notify(contents);
    }

    /// Adds a rejected spend, if a handler wants them. Drops the oldest one beyond the limit.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let mut contents = self.lock();
        if contents.wants_refusals {
            if contents.refusals.len() >= REFUSALS_MAX {
                contents.refusals.pop_front();
            }
            contents.refusals.push_back(refusal);
            self.notify(contents);
        }
    }

    /// Makes the feed keep rejected spends from now on.
    pub(crate) fn want_refusals(&self) {
        self.lock().wants_refusals = true;
    }

    /// The fact after the last committed one.
    pub(crate) fn next_fact(&self) -> FactNumber {
        self.lock().next_fact
    }

    /// Waits for this fact, or for rejected spends if `takes_refusals`, up to a time if one is given.
    pub(crate) fn wait(&self, from: FactNumber, takes_refusals: bool, at_most: Option<Duration>) -> Followed {
        let is_nothing = |contents: &mut FeedState| {
            let has_refusals = takes_refusals && !contents.refusals.is_empty();
            !(contents.is_closed || has_refusals || contents.next_fact > from)
        };
        let contents = self.wait_while(at_most, is_nothing);
        if contents.is_closed {
            Followed::Closed
        } else if contents.next_fact > from {
            Followed::Facts
        } else if takes_refusals && !contents.refusals.is_empty() {
            Followed::Refusals
        } else {
            Followed::TimedOut
        }
    }

    /// Takes the rejected spends.
    pub(crate) fn take_refusals(&self) -> Vec<Refusal> {
        self.lock().refusals.drain(..).collect()
    }

    /// Whether the ledger is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Waits for this time, or until the ledger is closed; returns whether it is closed.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        self.wait_while(Some(time), |contents| !contents.is_closed).is_closed
    }

    fn wait_while(
        &self,
        at_most: Option<Duration>,
        goes_on: impl FnMut(&mut FeedState) -> bool,
    ) -> MutexGuard<'_, FeedState> {
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

    /// Ends every wait.
    pub(crate) fn close(&self) {
        let mut contents = self.lock();
        contents.is_closed = true;
        self.notify(contents);
    }

    fn notify(&self, contents: MutexGuard<'_, FeedState>) {
        let waiting = contents.waiting;
        drop(contents);
        if waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, FeedState> {
        // No code under the lock panics, so a poisoned state is consistent.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
