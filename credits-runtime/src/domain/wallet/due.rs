//! DueItem facts of a wallet: holds that reached their limit, and grants that expired.
//!
//! They are booked in the order of their instants. At one instant lapses come first, then expiries by grant
//! number, because a lapse frees credits that may expire at once.

use super::state::Wallet;
use crate::domain::body::Body;
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::time::Timestamp;

/// A due fact and its instant. The derived order is the order of booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DueItem {
    pub(super) at: Timestamp,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Lapse(HoldId),
    Expiry(FactNumber),
}

impl Wallet {
    /// The next instant at which a fact is due, for the agenda.
    pub fn next_due_at(&self) -> Option<Timestamp> {
        self.next_due(Timestamp::MIN).map(|due| due.at)
    }

    /// The next due fact. Credits freed after their expiry are due at the instant they were freed.
    pub(super) fn next_due(&self, booked_until: Timestamp) -> Option<DueItem> {
        let lapses =
            self.holds.iter().map(|hold| DueItem { at: hold.held.until, what: What::Lapse(hold.id) });
        let expiries = self.grants.iter().filter(|grant| grant.free.is_positive()).filter_map(|grant| {
            let at = grant.terms.expires_at?.max(booked_until);
            Some(DueItem { at, what: What::Expiry(grant.number) })
        });
        lapses.chain(expiries).min()
    }

    pub(super) fn due_body(&self, due: DueItem) -> Body {
        match due.what {
            What::Lapse(hold) => Body::Lapsed { hold, at: due.at },
            What::Expiry(number) => {
                let Some(grant) = self.grant(number) else {
                    panic!("grant {number} is due to expire but is not open");
                };
                let balance_after = self.balance.minus(grant.free);
                Body::Expired { grant: number, amount: grant.free, effective_at: due.at, balance_after }
            }
        }
    }
}
