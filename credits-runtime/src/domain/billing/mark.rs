//! Marks: awards that were given before, outside of this ledger, with the grant that has the rest of them.
//!
//! It does not know which facts make an award due, nor who imports them.

use super::award::AwardId;
use super::record::Billing;
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::fact::{Fact, RecordId};
use crate::domain::grant::Origin;
use crate::domain::ids::{Asset, FactNumber, Owner, WalletId};
use crate::domain::numbers::Numbers;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Draft, Wallet};

/// An award that was given before.
#[derive(Clone, Debug)]
pub struct AwardMark {
    /// The owner.
    pub owner: Owner,
    /// The award.
    pub award: AwardId,
    /// The asset of its credits.
    pub asset: Asset,
    /// The credits that were given in all.
    pub amount: Amount,
    /// The grant of this ledger that has the rest of them.
    pub grant: Option<FactNumber>,
}

impl AwardId {
    /// The fact that makes a gift's grant one of this award.
    pub(super) fn adopts(&self, grant: FactNumber) -> Body {
        let origin = self.origin();
        Body::Adopted { grant, origin, purchase: (origin == Origin::Purchase).then_some(grant) }
    }
}

impl AwardMark {
    /// The wallet of its asset.
    pub fn wallet(&self) -> WalletId {
        WalletId::of_asset(self.asset.clone(), self.owner.clone())
    }

    /// The facts to book; none if the award was given or marked already. `opened` is the frame of the grant.
    ///
    /// Rejections in order: `AmountNotPositive`, `GrantUnknown`, `GrantOfAward`.
    pub fn facts(
        &self,
        billing: &Billing,
        wallet: &Wallet,
        opened: Option<&Booked>,
        (numbers, now): (Numbers, Timestamp),
    ) -> Result<Vec<(RecordId, Body)>, Rejection> {
        if billing.awards.contains_key(&self.award) {
            return Ok(Vec::new());
        }
        if !self.amount.is_positive() {
            return Err(Rejection::AmountNotPositive { amount: self.amount });
        }
        let own = RecordId::Wallet(self.wallet());
        let mut draft = Draft::at(wallet, numbers, now);
        if let Some(grant) = self.grant {
            let is_own =
                |fact: &Fact| fact.record == own && matches!(fact.body, Body::Given { joins: None, .. });
            let opened = opened.and_then(|booked| booked.fact(grant)).filter(|fact| is_own(fact));
            opened.ok_or(Rejection::GrantUnknown { grant })?;
            if billing.awards.values().any(|award| award.grants.contains(&grant)) {
                return Err(Rejection::GrantOfAward { grant });
            }
            if draft.wallet.grant(grant).is_some() {
                draft.push(self.award.adopts(grant));
            }
        }
        let about_wallet = draft.finish().into_iter().map(|body| (own.clone(), body));
        let Self { award, asset, amount, grant, .. } = self.clone();
        let marked = Body::GivenBefore { award, asset, amount, grant, at: now };
        Ok(about_wallet.chain([(RecordId::Billing(self.owner.clone()), marked)]).collect())
    }
}
