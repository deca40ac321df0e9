//! Payments: amounts returned by refunds and withdrawn by disputes.
//!
//! It does not know which credits a payment paid for.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::domain::ids::ObjectId;
use crate::domain::limits::REFUND_FIGURES_MAX;
use crate::domain::time::Timestamp;

/// The refunds and disputes of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Payment {
    /// Newest state of each refund.
    #[n(0)]
    pub refunds: BTreeMap<ObjectId, Refund>,
    /// Cumulative refund figures of the charge, by time.
    #[n(1)]
    pub refunded_in_all: BTreeMap<Timestamp, i64>,
    /// Disputes.
    #[n(2)]
    pub disputes: BTreeMap<ObjectId, Dispute>,
}

/// A refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refund {
    /// Time of this state.
    #[n(0)]
    pub at: Timestamp,
    /// Minor units.
    #[n(1)]
    pub amount: i64,
    /// Whether the refund is neither failed nor cancelled.
    #[n(2)]
    pub stands: bool,
    /// When the processor made it, if known.
    #[n(3)]
    pub made_at: Option<Timestamp>,
}

impl Refund {
    /// Whether it had been made and had not failed at an instant. A refund without a time of making counts as
    /// made before.
    fn stood_at(&self, instant: Timestamp) -> bool {
        let was_made = self.made_at.is_none_or(|made_at| made_at <= instant);
        was_made && (self.stands || self.at > instant)
    }
}

/// A dispute's movements of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Dispute {
    /// Time and amount, in minor units, of the latest withdrawal.
    #[n(0)]
    pub withdrawn: Option<(Timestamp, i64)>,
    /// Time of the latest reinstatement.
    #[n(1)]
    pub reinstated_at: Option<Timestamp>,
}

impl Payment {
    /// Records a cumulative figure of the charge.
    pub(super) fn figure(&mut self, at: Timestamp, amount: i64) {
        let known = self.refunded_in_all.entry(at).or_insert(amount);
        *known = (*known).max(amount);
        while self.refunded_in_all.len() > REFUND_FIGURES_MAX {
            self.refunded_in_all.pop_first();
        }
    }

    /// The refunded amount that stands, in minor units: refunds by id, and the excess of a cumulative figure
    /// over the refunds that stood at its time. A later, lower figure does not lower the sum.
    pub fn refunded(&self) -> i64 {
        let sum = |counts: &dyn Fn(&Refund) -> bool| {
            self.refunds.values().filter(|it| counts(it)).map(|it| it.amount).fold(0, i64::saturating_add)
        };
        let unexplained = self
            .refunded_in_all
            .iter()
            .map(|(at, amount)| amount.saturating_sub(sum(&|refund| refund.stood_at(*at))));
        sum(&|refund| refund.stands).saturating_add(unexplained.max().unwrap_or(0).max(0))
    }

    /// Time of the latest refund, figure, withdrawal or reinstatement.
    pub(super) fn changed_at(&self) -> Option<Timestamp> {
        let refunds = self.refunds.values().map(|refund| refund.at);
        let figures = self.refunded_in_all.keys().copied();
        let disputes = self.disputes.values();
        let disputes =
            disputes.flat_map(|it| it.reinstated_at.into_iter().chain(it.withdrawn.map(|(at, _)| at)));
        refunds.chain(figures).chain(disputes).max()
    }

    /// The amount withheld by disputes, in minor units.
    pub fn withdrawn(&self) -> i64 {
        let held = |dispute: &Dispute| match (dispute.withdrawn, dispute.reinstated_at) {
            (Some((at, _)), Some(reinstated_at)) if reinstated_at >= at => 0,
            (Some((_, amount)), _) => amount,
            (None, _) => 0,
        };
        self.disputes.values().map(held).fold(0, i64::saturating_add)
    }
}
