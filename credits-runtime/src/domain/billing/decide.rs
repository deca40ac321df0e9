//! Deciding billing: the facts of one frame, from an owner's billing, its wallets and the time.
//!
//! It knows neither where records are kept nor how facts are numbered.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::closing::{ClosingRule, close};
use super::due::{Due, due};
use super::fulfil::{ClosedGrant, Fulfilling, assets, fulfil};
use super::record::Billing;
use super::sale::Sale;
use super::unsolved::Unsolved;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::category::Category;
use crate::domain::fact::RecordId;
use crate::domain::grant::Origin;
use crate::domain::ids::{Asset, FactNumber, Owner, WalletId};
use crate::domain::numbers::Numbers;
use crate::domain::policy::Policy;
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Grant, Wallet};

/// An owner's billing after some facts, and the due awards.
pub struct BillingDraft<'a> {
    owner: &'a Owner,
    sale: &'a Sale,
    policy: &'a Policy,
    billing: Billing,
    due: Due,
    facts: Vec<(RecordId, Body)>,
    numbers: Numbers,
    now: Timestamp,
}

/// The decision about an owner's billing.
pub struct DecidedBilling {
    /// The facts to book; none if nothing changes.
    pub facts: Vec<(RecordId, Body)>,
    /// When something is due next.
    pub due_at: Option<Timestamp>,
    /// Whether an administrator has to look at it.
    pub needs_attention: bool,
}

impl<'a> BillingDraft<'a> {
    /// Applies a fact, if there is one, and computes what is due.
    pub fn new(
        owner: &'a Owner,
        mut billing: Billing,
        body: Option<Body>,
        (sale, policy): (&'a Sale, &'a Policy),
        numbers: Numbers,
        now: Timestamp,
    ) -> Self {
        let mut facts = Vec::new();
        if let Some(body) = body {
            billing.change(numbers.first(), &body);
            facts.push((RecordId::Billing(owner.clone()), body));
        }
        if let Some(body) = sale.missing_terms(&billing) {
            billing.change(numbers.at(facts.len()), &body);
            facts.push((RecordId::Billing(owner.clone()), body));
        }
        let due = due(&billing, policy.fulfilment, now);
        Self { owner, sale, policy, billing, due, facts, numbers, now }
    }

    /// The assets whose wallets [`settle`](Self::settle) needs.
    pub fn assets(&self) -> impl Iterator<Item = Asset> {
        let mut assets: BTreeSet<Asset> = assets(&self.billing, &self.due).into_iter().collect();
        assets.extend(self.sale.covered_assets(&self.billing));
        assets.into_iter()
    }

    /// The open grants of closed cycles and rises. [`closed_grant`] finds their awards in the frames that opened them.
    pub fn closed_grants<'b>(&self, wallets: impl IntoIterator<Item = &'b Wallet>) -> Vec<FactNumber> {
        if self.billing.closed_periods.is_empty() {
            return Vec::new();
        }
        let known: HashSet<_> = self.billing.awards.values().flat_map(|award| &award.grants).collect();
        let is_of_cycle = |grant: &Grant| {
            grant.terms.origin == Origin::Subscription
                && matches!(grant.category, Category::SubscriptionCredits | Category::SubscriptionUpgrade)
        };
        let open = wallets.into_iter().flat_map(|wallet| &wallet.grants);
        let of_cycles = open.filter(|grant| is_of_cycle(grant)).map(|grant| grant.number);
        of_cycles.filter(|grant| !known.contains(grant)).collect()
    }

    /// Decides, over the wallets of [`assets`](Self::assets) and the [`closed_grants`](Self::closed_grants) in them.
    pub fn settle(self, wallets: &BTreeMap<Asset, &Wallet>, closed: &[ClosedGrant]) -> DecidedBilling {
        let Self { owner, sale, policy, mut billing, mut due, mut facts, numbers, now } = self;
        if let Some(closing) = close(&billing, &due, wallets, (ClosingRule::DEFAULT, policy.fulfilment), now)
        {
            (billing, due) = (closing.billing, closing.due);
            facts.push((RecordId::Billing(owner.clone()), closing.body));
        }
        let with = Fulfilling {
            owner,
            wallets,
            operations: &sale.operations,
            retaking: policy.retaking,
            closed,
            now,
        };
        let fulfilled = fulfil(&billing, &due, with, numbers.after(facts.len()));
        facts.extend(fulfilled.facts);
        for (asset, wallet) in wallets {
            let covers = sale.covers(&due.covers, asset);
            if covers != wallet.covers {
                let wallet = WalletId::of_asset(asset.clone(), owner.clone());
                facts.push((RecordId::Wallet(wallet), Body::Covered { covers }));
            }
        }
        let too_large = fulfilled.unfit.into_iter().map(Unsolved::AwardTooLarge);
        for body in billing.relist(due.unsolved.into_iter().chain(too_large).collect(), now) {
            billing.change(FactNumber::FIRST, &body);
            facts.push((RecordId::Billing(owner.clone()), body));
        }
        let next = due.next.into_iter().chain(fulfilled.again_at).chain(billing.reported_next_at()).min();
        let due_at = if fulfilled.has_more { Some(now) } else { next };
        DecidedBilling { facts, due_at, needs_attention: !billing.listed.is_empty() }
    }
}

/// A grant with its award and plan, as in the frame that opened it.
pub fn closed_grant(grant: FactNumber, booked: &Booked) -> Option<ClosedGrant> {
    let Body::Given { reason: Some(plan), .. } = &booked.fact(grant)?.body else { return None };
    let award = booked.facts.iter().find_map(|fact| match &fact.body {
        Body::Awarded { award, grant: opened, .. } if *opened == grant => Some(award.clone()),
        Body::GaveBack { award, grant: Some(opened), .. } if *opened == grant => Some(award.clone()),
        _ => None,
    });
    Some(ClosedGrant { grant, award: award?, plan: plan.clone() })
}
