//! A payment: what came back of it, by refunds and disputes.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// What came back of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Payment {
    /// Refunds, each as it was last.
    #[n(0)]
    pub refunds: BTreeMap<ObjectId, Refund>,
    /// All refunds together, as the processor last said.
    #[n(1)]
    pub refunded_in_all: Option<(Timestamp, i64)>,
    /// Disputes.
    #[n(2)]
    pub disputes: BTreeMap<ObjectId, Dispute>,
}

/// A refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refund {
    /// When it was in this state.
    #[n(0)]
    pub at: Timestamp,
    /// Minor units.
    #[n(1)]
    pub amount: i64,
    /// Whether it is neither failed nor cancelled.
    #[n(2)]
    pub stands: bool,
}

/// A dispute, as far as money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Dispute {
    /// When how much was taken back.
    #[n(0)]
    pub withdrawn: Option<(Timestamp, i64)>,
    /// When it was returned.
    #[n(1)]
    pub reinstated_at: Option<Timestamp>,
}

impl Payment {
    /// What was refunded and stands, in minor units: refunds by their ids, and what the sum has beyond them.
    pub fn refunded(&self) -> i64 {
        let (mut standing, mut explained) = (0_i64, 0_i64);
        for refund in self.refunds.values() {
            explained = explained.saturating_add(refund.amount);
            if refund.stands {
                standing = standing.saturating_add(refund.amount);
            }
        }
        let in_all = self.refunded_in_all.map_or(0, |(_, amount)| amount);
        standing.saturating_add(in_all.saturating_sub(explained).max(0))
    }

    /// What disputes hold, in minor units.
    pub fn withdrawn(&self) -> i64 {
        let held = |dispute: &Dispute| match (dispute.withdrawn, dispute.reinstated_at) {
            (Some((at, _)), Some(reinstated_at)) if reinstated_at >= at => 0,
            (Some((_, amount)), _) => amount,
            (None, _) => 0,
        };
        self.disputes.values().map(held).fold(0, i64::saturating_add)
    }
}
