//! Marks of awards that were given before, for a ledger that is filled from another system.

use std::sync::Arc;

use super::{Received, ask};
use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::mark::AwardMark;
use crate::domain::ids::{Asset, FactNumber, Owner};
use crate::domain::rejection::Rejection;
use crate::engine::batch::billing::Bill;
use crate::engine::ledger::Ledger;
use crate::engine::request::reply::Reply;

/// Builder of a mark that an award was given before: finish with `.now()`.
#[must_use = "nothing is marked until `.now()`"]
pub struct GivenBefore {
    ledger: Arc<Ledger>,
    owner: Result<Owner, Rejection>,
    award: AwardId,
    amount: Result<Amount, Rejection>,
    asset: Asset,
    grant: Option<FactNumber>,
}

impl GivenBefore {
    pub(crate) fn new(
        ledger: &Arc<Ledger>,
        owner: Result<Owner, Rejection>,
        award: AwardId,
        amount: Result<Amount, Rejection>,
    ) -> Self {
        let asset = match &award {
            AwardId::Cycle { asset, .. } | AwardId::Rise { asset, .. } => asset.clone(),
            _ => Asset::credits(),
        };
        Self { ledger: Arc::clone(ledger), owner, award, amount, asset, grant: None }
    }

    /// The grant of this ledger that has the rest of the award, by the entry that opened it. From now on it belongs to
    /// the award: a refund takes it first, and the plan decides about its expiry. Link it before it is spent or expires.
    pub fn grant(mut self, grant: FactNumber) -> Self {
        self.grant = Some(grant);
        self
    }

    /// The asset of a trial, a bonus or a pack that gives no credits but another asset. Cycles and rises have it in
    /// their id.
    pub fn asset(mut self, name: &str) -> Self {
        self.asset = Asset::of_shown(name);
        self
    }

    /// Marks the award. One that was given or marked already stays as it is: the result is then not new.
    ///
    /// The amount is everything that was given; for a pack with its bonus, of which one mark is enough. If it is not the amount
    /// that the plan's terms say, the difference stays, and later changes are measured from it.
    /// If a payment is returned before its invoice is known, nothing of the award is taken back.
    ///
    /// Rejections in order: `OwnerInvalid`, `AmountOutOfRange`, `ClockUnconfirmed`, `AmountNotPositive`,
    /// `GrantUnknown`, `GrantOfAward`. The grant is named by the entry that opened it: above 64 open grants a gift may join
    /// another one of the same terms, and is then no grant of its own.
    pub fn now(self) -> Reply<Received> {
        let Self { ledger, owner, award, amount, asset, grant } = self;
        match owner.and_then(|owner| Ok((owner, amount?))) {
            Err(rejection) => Reply::failed(rejection),
            Ok((owner, amount)) => {
                ask(&ledger, Bill::GivenBefore(Box::new(AwardMark { owner, award, asset, amount, grant })))
            }
        }
    }
}
