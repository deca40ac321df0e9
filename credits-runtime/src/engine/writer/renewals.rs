//! Work under way around which credits are set aside: while it is alive, its hold is extended before it lapses.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::domain::ids::{HoldId, WalletId};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;

/// Held by work for as long as it is alive.
pub(crate) type Alive = Arc<()>;

/// A hold of work.
struct Run {
    alive: Weak<()>,
    wallet: WalletId,
    hold: HoldId,
    until: Timestamp,
    /// When it is to be extended.
    due: Timestamp,
}

/// A hold that is being extended: until that is durable, its limit is what it was.
pub(crate) struct Extending {
    pub(crate) alive: Alive,
    pub(crate) wallet: WalletId,
    pub(crate) hold: HoldId,
    until: Timestamp,
    /// What was decided.
    pub(crate) to: Option<Timestamp>,
}

/// Every hold of work that this handle opened.
pub(crate) struct Runs {
    /// Whatever is due first. One that was extended is due later than one that was opened after that: the order in which they
    /// come here is not theirs.
    open: BinaryHeap<Reverse<Run>>,
    limit: Duration,
    /// At how many the dead are cleared away.
    clear_at: usize,
}

const CLEAR_AT_LEAST: usize = 64;
/// What failed is not tried again sooner.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Runs {
    /// None yet.
    pub(crate) fn new(policy: &Policy) -> Self {
        Self { open: BinaryHeap::new(), limit: policy.hold_limit, clear_at: CLEAR_AT_LEAST }
    }

    /// A hold was opened for work, or extended.
    pub(crate) fn begin(&mut self, wallet: WalletId, hold: HoldId, until: Timestamp, alive: &Alive) {
        if self.open.len() >= self.clear_at {
            self.open.retain(|Reverse(run)| run.alive.strong_count() > 0);
            self.clear_at = self.open.len().saturating_mul(2).max(CLEAR_AT_LEAST);
        }
        // A third of its time before its limit.
        let due = until.before(self.limit.checked_div(3).unwrap_or_default());
        self.open.push(Reverse(Run { alive: Arc::downgrade(alive), wallet, hold, until, due }));
    }

    /// When the next hold is to be extended.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.open.peek().map(|Reverse(run)| run.due)
    }

    /// The holds to extend now, of work that is alive.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Extending> {
        let mut due = Vec::new();
        while self.next().is_some_and(|next| next <= now) {
            let Some(Reverse(Run { alive, wallet, hold, until, .. })) = self.open.pop() else { break };
            due.extend(alive.upgrade().map(|alive| Extending { alive, wallet, hold, until, to: None }));
        }
        due
    }

    /// A hold was to be extended and is not: that is tried again for as long as it is open, each time when half of what was
    /// left of its time has passed.
    pub(crate) fn again(&mut self, Extending { alive, wallet, hold, until, .. }: Extending, now: Timestamp) {
        let left = until.since(now);
        if !left.is_zero() {
            let due = now.after(left.checked_div(2).unwrap_or_default().max(AGAIN_AFTER));
            self.open.push(Reverse(Run { alive: Arc::downgrade(&alive), wallet, hold, until, due }));
        }
    }
}

impl Ord for Run {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.hold).cmp(&(other.due, other.hold))
    }
}

impl PartialOrd for Run {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Run {}
