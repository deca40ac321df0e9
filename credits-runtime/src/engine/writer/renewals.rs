//! Renewals: extends the holds of work in progress before they lapse.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fmt::Display;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{HoldId, Key, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::time::Timestamp;
use crate::engine::batch::batch::{Batch, Submitted};
use crate::engine::batch::source::Source;
use crate::engine::request::hold_guard::Alive;
use crate::engine::writer::GeneratedKeys;
use crate::error::LedgerError;

/// A hold of work in progress.
struct RenewableHold {
    alive: Weak<()>,
    wallet: WalletId,
    hold: HoldId,
    until: Timestamp,
    /// The instant of its next extension.
    due: Timestamp,
    /// The key of its next extension.
    key: Key,
}

/// A hold that the current batch extends. Its former limit is valid until the batch is committed.
struct Extension {
    alive: Alive,
    wallet: WalletId,
    hold: HoldId,
    until: Timestamp,
    /// The new limit, if the extension was decided.
    to: Option<Timestamp>,
    key: Key,
}

/// The holds of work in progress that this handle opened.
pub(crate) struct Renewals {
    /// The hold with the earliest due instant is on top.
    open: BinaryHeap<Reverse<RenewableHold>>,
    extensions: Vec<Extension>,
    keys: GeneratedKeys,
    hold_limit: Duration,
    /// Number of holds at which those of finished work are removed.
    clear_at: usize,
}

const CLEAR_AT_MIN: usize = 64;
/// Minimum delay before a failed extension is retried.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

impl Renewals {
    /// No holds.
    pub(crate) fn new(hold_limit: Duration) -> Result<Self, LedgerError> {
        let (open, extensions, keys) = (BinaryHeap::new(), Vec::new(), GeneratedKeys::new()?);
        Ok(Self { open, extensions, keys, hold_limit, clear_at: CLEAR_AT_MIN })
    }

    /// Adds a hold that was opened for work, or extended.
    pub(crate) fn add(&mut self, wallet: WalletId, hold: HoldId, until: Timestamp, alive: &Alive) {
        let key = self.keys.next();
        self.add_under(key, wallet, (hold, until), alive);
    }

    /// Adds a hold, with the key of its next extension.
    fn add_under(&mut self, key: Key, wallet: WalletId, (hold, until): (HoldId, Timestamp), alive: &Alive) {
        if self.open.len() >= self.clear_at {
            self.open.retain(|Reverse(open)| open.alive.strong_count() > 0);
            self.clear_at = self.open.len().saturating_mul(2).max(CLEAR_AT_MIN);
        }
        // Extended before its limit by a third of the time that holds are open.
        let due = until.before(self.hold_limit.checked_div(3).unwrap_or_default());
        self.open.push(Reverse(RenewableHold {
            alive: Arc::downgrade(alive),
            wallet,
            hold,
            until,
            due,
            key,
        }));
    }

    /// The earliest instant of an extension.
    pub(crate) fn next_due_at(&self) -> Option<Timestamp> {
        self.open.peek().map(|Reverse(open)| open.due)
    }

    /// Extends the due holds of work that is still in progress.
    pub(crate) fn extend_due<S>(&mut self, batch: &mut Batch<'_, S>, now: Timestamp)
    where
        S: Source<Error: Display>,
    {
        self.extend_some(batch, now, usize::MAX);
    }

    /// Extends the holds that are due first, up to a number of them.
    pub(crate) fn extend_some<S>(&mut self, batch: &mut Batch<'_, S>, now: Timestamp, max: usize)
    where
        S: Source<Error: Display>,
    {
        while self.extensions.len() < max && self.next_due_at().is_some_and(|due| due <= now) {
            let Some(Reverse(RenewableHold { alive, wallet, hold, until, key, .. })) = self.open.pop() else {
                break;
            };
            let Some(alive) = alive.upgrade() else { continue };
            let action = Action::Extend { hold, by: self.hold_limit };
            let command = Command::new(wallet.clone(), key.clone(), action, Metadata::default());
            let to = match batch.submit(&command, now) {
                Ok(Ok(Submitted::Booked(_, opened))) => opened.map(|opened| opened.until),
                // It was durable, but its answer was lost.
                Ok(Ok(Submitted::Replayed(frame))) => extended_to(&frame),
                // The hold has ended, or has reached the longest time allowed.
                Ok(Err(rejection)) => {
                    tracing::debug!(%hold, %rejection, "a hold is not extended");
                    continue;
                }
                Err(error) => {
                    if S::is_failure(&error) {
                        tracing::warn!(%hold, %error, "a hold could not be extended");
                    }
                    None
                }
            };
            self.extensions.push(Extension { alive, wallet, hold, until, to, key });
        }
    }

    /// Undoes the extensions of a batch that is decided again.
    pub(crate) fn undo(&mut self) {
        for Extension { alive, wallet, hold, until, key, .. } in std::mem::take(&mut self.extensions) {
            self.add_under(key, wallet, (hold, until), &alive);
        }
    }

    /// Completes the extensions of a batch. Those that are not durable are retried while the hold is open, each time
    /// after half of its remaining time.
    pub(crate) fn finish(&mut self, is_durable: bool, now: Timestamp) {
        for Extension { alive, wallet, hold, until, to, key } in std::mem::take(&mut self.extensions) {
            if let Some(until) = to.filter(|_| is_durable) {
                self.add(wallet, hold, until, &alive);
                continue;
            }
            let alive = Arc::downgrade(&alive);
            self.add_later(RenewableHold { alive, wallet, hold, until, due: until, key }, now);
        }
    }

    /// Adds a hold whose extension failed, unless it has lapsed.
    fn add_later(&mut self, hold: RenewableHold, now: Timestamp) {
        let left = hold.until.since(now);
        if !left.is_zero() {
            let due = now.after(left.checked_div(2).unwrap_or_default().max(RETRY_AFTER_MIN));
            self.open.push(Reverse(RenewableHold { due, ..hold }));
        }
    }
}

/// Where an extension may wait for records.
#[cfg(feature = "postgres")]
impl Renewals {
    /// The wallets of the holds that are due first, up to a number of them, with the keys of their extensions.
    pub(crate) fn due(&self, now: Timestamp, max: usize) -> Vec<(&WalletId, &Key)> {
        let mut due: Vec<_> =
            self.open.iter().map(|Reverse(open)| open).filter(|open| open.due <= now).collect();
        due.sort_unstable();
        due.into_iter().take(max).map(|open| (&open.wallet, &open.key)).collect()
    }

    /// Puts off the holds that are due first, up to a number of them.
    pub(crate) fn put_off(&mut self, now: Timestamp, max: usize) {
        for _ in 0..max {
            match self.open.peek() {
                Some(Reverse(open)) if open.due <= now => {}
                _ => break,
            }
            if let Some(Reverse(hold)) = self.open.pop() {
                self.add_later(hold, now);
            }
        }
    }
}

/// The limit that a frame extended a hold to.
fn extended_to(frame: &Booked) -> Option<Timestamp> {
    frame.facts.iter().find_map(|fact| match &fact.body {
        Body::Extended { until, .. } => Some(*until),
        _ => None,
    })
}

impl Ord for RenewableHold {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.hold).cmp(&(other.due, other.hold))
    }
}

impl PartialOrd for RenewableHold {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for RenewableHold {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for RenewableHold {}
