//! Billing within a batch: books an event in its owner's billing, with the credits due because of it, in one frame.
//!
//! It does not know how awards are computed, nor how events are translated.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::codec;
use super::described::Described;
use super::overlay::{Batch, Done, LoadedBilling, Submitted};
use super::owners::{Owned, Settled};
use super::store::Snapshot;
use crate::domain::billing::closing::{ClosingRule, close};
use crate::domain::billing::due::due;
use crate::domain::billing::event::{BillingEvent, Happening};
use crate::domain::billing::fulfil::{ClosedGrant, Fulfilling, assets, fulfil};
use crate::domain::billing::purchases::{PackLines, priced};
use crate::domain::billing::record::{Billing, Pinned, SoldAs};
use crate::domain::billing::terms::{PlanTerms, PriceList};
use crate::domain::billing::unsolved::Unsolved;
use crate::domain::category::Category;
use crate::domain::fact::{Body, Frame, Kind, Origin, Record};
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::limits::EVENT_BYTES_MAX;
use crate::domain::pricing::OperationId;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Grant;
use crate::error::LedgerError;

/// The application's prices and operations.
#[derive(Debug)]
pub(crate) struct Sale {
    pub(crate) prices: PriceList,
    /// Operations by the names that scopes use.
    pub(crate) operations: HashMap<String, OperationId>,
}

/// A command about billing.
#[derive(Clone, Debug)]
pub(crate) enum Bill {
    /// Receive an event.
    Receive(Box<BillingEvent>),
    /// Link an object to an owner, for an administrator.
    Link(ObjectId, Owner),
    /// Take a number of events that gave way, counted since an instant, off the list.
    DismissGaveWay(u64, Timestamp),
    /// Book everything due to an owner.
    Fulfil(Owner),
    /// Move the owner's subscriptions to a plan to these terms, from their next cycle on.
    Migrate(Owner, Box<PlanTerms>),
}

impl Batch<'_> {
    /// Books a command, with the credits due because of it. A replay changes nothing.
    pub(crate) fn bill(
        &mut self,
        bill: &Bill,
        sale: &Sale,
        clock: Timestamp,
    ) -> Result<Submitted, LedgerError> {
        let now = self.position.last_at.max(clock);
        let before = self.position.next_fact;
        match bill {
            Bill::Receive(event) => {
                if let Err(rejection) = self.receive(event, sale, now)? {
                    return Ok(Err(rejection));
                }
            }
            Bill::Link(object, owner) => {
                let settled = self.link(object, owner, now)?;
                self.book_settled(settled, sale, now)?;
            }
            Bill::Fulfil(owner) => self.fulfil(owner, sale, now)?,
            Bill::DismissGaveWay(count, since) => self.dismiss_gave_way(*count, *since, now)?,
            Bill::Migrate(owner, terms) => self.migrate(owner, terms, sale, now)?,
        }
        Ok(Ok(self.booked_since(before, now)))
    }

    /// The last frame booked since a fact, or an empty frame.
    fn booked_since(&mut self, before: FactNumber, now: Timestamp) -> Done {
        if let Some(frame) = self.last_frame().filter(|_| self.position.next_fact > before) {
            return Done::Now(frame, None);
        }
        let nothing = Described::own(Kind::Bill).frame(now, Vec::new());
        Done::Before((before, nothing.into()))
    }

    fn receive(
        &mut self,
        event: &BillingEvent,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<Result<(), Rejection>, LedgerError> {
        let bytes = codec::encode(event).len();
        if bytes > EVENT_BYTES_MAX {
            return Ok(Err(Rejection::BillingEventTooLarge { bytes, max: EVENT_BYTES_MAX }));
        }
        let mut event = event.clone();
        let mut known = HashSet::new();
        event.objects.retain(|id| known.insert(id.clone()));
        match self.owner_of(&event)? {
            None => self.wait(&event, now)?,
            Some(owner) => {
                let owned = Owned { owner, event };
                if !self.is_booked_elsewhere(&owned)? {
                    let settled = self.settle(owned, now)?;
                    self.book_settled(settled, sale, now)?;
                }
            }
        }
        Ok(Ok(()))
    }

    /// Whether another owner's billing already has the event: a replay does not move it.
    fn is_booked_elsewhere(&mut self, owned: &Owned) -> Result<bool, LedgerError> {
        if owned.event.what == Happening::OwnerNamed {
            return Ok(false);
        }
        for former in self.former_owners(owned) {
            self.load_billing(&former)?;
            let former = self.billing(&former);
            if former.knows(&owned.event) || former.has_closed(&owned.event) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Books settled events, with the credits due because of them. Each event has a frame of its own, because together
    /// they may exceed one frame; all frames are in one commit.
    fn book_settled(&mut self, settled: Settled, sale: &Sale, now: Timestamp) -> Result<(), LedgerError> {
        // Handovers come first, so that nothing is given that would be taken back at once.
        let events = self.handovers(&settled).into_iter().chain(settled.events);
        for Owned { owner, event } in events {
            self.load_billing(&owner)?;
            let mut billing = self.billing(&owner).clone();
            if billing.knows(&event) {
                continue;
            }
            let body = Body::Billed { event };
            billing.change(self.position.next_fact, &body);
            let facts = vec![(Record::Billing(owner.clone()), body)];
            self.book_with_due(&owner, (billing, facts), sale, now)?;
        }
        Ok(())
    }

    /// Books the credits due to an owner.
    pub(super) fn fulfil(&mut self, owner: &Owner, sale: &Sale, now: Timestamp) -> Result<(), LedgerError> {
        self.load_billing(owner)?;
        let billing = self.billing(owner).clone();
        self.book_with_due(owner, (billing, Vec::new()), sale, now)
    }

    fn migrate(
        &mut self,
        owner: &Owner,
        terms: &PlanTerms,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.load_billing(owner)?;
        let mut billing = self.billing(owner).clone();
        let plans = billing.migration(terms, now);
        let mut facts = Vec::new();
        if !plans.is_empty() {
            let body = Body::Priced { plans, packs: Vec::new() };
            billing.change(self.position.next_fact, &body);
            facts.push((Record::Billing(owner.clone()), body));
        }
        self.book_with_due(owner, (billing, facts), sale, now)
    }

    /// Books the facts that led to this billing, with the credits due because of it.
    fn book_with_due(
        &mut self,
        owner: &Owner,
        (mut billing, mut facts): (Billing, Vec<(Record, Body)>),
        sale: &Sale,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let first = self.position.next_fact;
        if let Some(body) = prices(&billing, &sale.prices) {
            billing.change(first.plus(facts.len()), &body);
            facts.push((Record::Billing(owner.clone()), body));
        }
        let policy = *self.policy();
        let mut due = due(&billing, policy.fulfilment, now);
        let mut ids = BTreeMap::new();
        for asset in assets(&billing, &due) {
            let id = WalletId::of_asset(asset.clone(), owner.clone());
            self.load(&id)?;
            ids.insert(asset, id);
        }
        let closed = self.closed_grants(&billing, ids.values())?;
        let wallets = ids.iter().map(|(asset, id)| (asset.clone(), self.wallet(id))).collect();
        if let Some(closing) = close(&billing, &due, &wallets, (ClosingRule::DEFAULT, policy.fulfilment), now)
        {
            (billing, due) = (closing.billing, closing.due);
            facts.push((Record::Billing(owner.clone()), closing.body));
        }
        let with = Fulfilling {
            owner,
            wallets: &wallets,
            operations: &sale.operations,
            retaking: policy.retaking,
            closed: &closed,
            now,
        };
        let fulfilled = fulfil(&billing, &due, with, first.plus(facts.len()));
        facts.extend(fulfilled.facts);
        let too_large = fulfilled.unfit.into_iter().map(Unsolved::AwardTooLarge);
        for body in billing.relist(due.unsolved.into_iter().chain(too_large).collect(), now) {
            billing.change(FactNumber::FIRST, &body);
            facts.push((Record::Billing(owner.clone()), body));
        }
        if !facts.is_empty() {
            self.book(Described::own(Kind::Bill), facts, now);
        }
        if let Some(loaded) = self.billings.get_mut(owner) {
            let next = due.next.into_iter().chain(fulfilled.again_at).chain(billing.reported_next_at()).min();
            let agenda = if fulfilled.has_more { Some(now) } else { next };
            let needs_attention = !billing.listed.is_empty();
            loaded.changed |= loaded.billing.agenda != agenda || loaded.needs_attention != needs_attention;
            loaded.billing.agenda = agenda;
            loaded.needs_attention = needs_attention;
        }
        Ok(())
    }

    /// The open grants of closed cycles and rises. The frame that opened a grant has its award.
    fn closed_grants<'a>(
        &mut self,
        billing: &Billing,
        wallets: impl Iterator<Item = &'a WalletId>,
    ) -> Result<Vec<ClosedGrant>, LedgerError> {
        if billing.closed_periods.is_empty() {
            return Ok(Vec::new());
        }
        let known: HashSet<_> = billing.awards.values().flat_map(|award| &award.grants).collect();
        let is_of_cycle = |grant: &Grant| {
            matches!(grant.category, Category::SubscriptionCredits | Category::SubscriptionUpgrade)
        };
        let mut grants = Vec::new();
        for id in wallets {
            let open = self.wallet(id).grants.iter();
            let of_cycles =
                open.filter(|grant| grant.terms.origin == Origin::Subscription && is_of_cycle(grant));
            grants.extend(of_cycles.map(|grant| grant.number).filter(|grant| !known.contains(grant)));
        }
        let mut closed = Vec::new();
        for grant in grants {
            let missing = || LedgerError::damaged(format!("the frame of grant {grant} is missing"));
            let (first, frame) = self.frame(grant)?.ok_or_else(missing)?;
            closed.extend(closed_grant(grant, first, &frame));
        }
        Ok(closed)
    }

    pub(super) fn load_billing(&mut self, owner: &Owner) -> Result<(), LedgerError> {
        if !self.billings.contains_key(owner) {
            let (billing, needs_attention) = stored_billing(self.snapshot()?, owner)?;
            let committed = (billing.agenda, needs_attention);
            let loaded = LoadedBilling { billing, changed: false, committed, needs_attention };
            self.billings.insert(owner.clone(), loaded);
        }
        Ok(())
    }

    pub(super) fn billing(&self, owner: &Owner) -> &Billing {
        match self.billings.get(owner) {
            Some(loaded) => &loaded.billing,
            None => panic!("a billing is used that was not loaded"),
        }
    }
}

/// A grant with its award and plan, as the frame that opened it has them.
fn closed_grant(grant: FactNumber, first: FactNumber, frame: &Frame) -> Option<ClosedGrant> {
    let given = frame.facts.iter().enumerate().find(|(place, _)| first.plus(*place) == grant);
    let Body::Given { reason: Some(plan), .. } = &given?.1.body else { return None };
    let award = frame.facts.iter().find_map(|fact| match &fact.body {
        Body::Awarded { award, grant: opened, .. } if *opened == grant => Some(award.clone()),
        Body::GaveBack { award, grant: Some(opened), .. } if *opened == grant => Some(award.clone()),
        _ => None,
    });
    Some(ClosedGrant { grant, award: award?, plan: plan.clone() })
}

/// The fact that pins the terms which the catalogue has and the billing lacks; `None` if it lacks none.
fn prices(billing: &Billing, prices: &PriceList) -> Option<Body> {
    let stated = billing.subscriptions.values().flat_map(|item| &item.states);
    let stated = stated.map(|(_, state)| (&state.subscription, &state.price));
    let lines = billing.invoices.values().flat_map(|invoice| &invoice.lines);
    let paid = lines.filter_map(|line| Some((billing.subscription_of(line)?, &line.price)));
    let mut named: Vec<(&ObjectId, &ObjectId)> = stated.chain(paid).collect();
    named.sort_unstable();
    named.dedup();
    let unknown = named.into_iter().filter(|(subscription, price)| !billing.is_plan(subscription, price));
    let plans = unknown.filter_map(|(subscription, price)| {
        let (terms, from) = (prices.plan(price)?.clone(), Timestamp::MIN);
        Some(Pinned { subscription: subscription.clone(), price: price.clone(), from, terms })
    });
    let plans: Vec<_> = plans.collect();
    let open = billing
        .purchases
        .iter()
        .filter(|(session, purchase)| purchase.terms.is_none() && !billing.offers.contains_key(*session));
    let packs = open.filter_map(|(session, purchase)| {
        let (pack, quantity) = priced(purchase, prices)?;
        Some(SoldAs::Checkout { session: session.clone(), pack, quantity })
    });
    let mut packs: Vec<_> = packs.collect();
    let subscriptions = billing.by_subscription();
    let lines = PackLines::new(billing, &subscriptions);
    for invoice in billing.invoices.values() {
        for line in lines.of(invoice) {
            let id = (invoice.invoice.clone(), line.price.clone());
            let Some(pack) = prices.pack(&line.price).filter(|_| !billing.sold.contains_key(&id)) else {
                continue;
            };
            let sold = SoldAs::Invoice { invoice: id.0, price: id.1, pack: pack.clone() };
            if !packs.contains(&sold) {
                packs.push(sold);
            }
        }
    }
    (!plans.is_empty() || !packs.is_empty()).then_some(Body::Priced { plans, packs })
}

/// An owner's billing in a snapshot, and whether it needs an administrator's attention.
pub(crate) fn stored_billing(snapshot: &Snapshot, owner: &Owner) -> Result<(Billing, bool), LedgerError> {
    match snapshot.view(&codec::billing_key(owner))? {
        None => Ok((Billing::default(), false)),
        Some(row) => codec::billing_from_bytes(&row),
    }
}
