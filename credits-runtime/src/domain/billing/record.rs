//! What is known of one owner's billing: facts that merge in any order, and what was awarded because of them.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::event::{
    BillingEvent, Happening, Interval, Invoice, Offer, PackPayment, Status, SubscriptionState,
};
use super::terms::{PackTerms, PlanTerms};
use crate::domain::amount::Amount;
use crate::domain::fact::{Body, Fact, Part};
use crate::domain::ids::{Asset, FactNumber, ObjectId};
use crate::domain::time::Timestamp;

/// One owner's billing.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Billing {
    /// The last fact that was applied; kept before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// When its row in the agenda says that something is due; kept before the record's body too.
    #[cbor(skip)]
    pub agenda: Option<Timestamp>,
    /// How many facts were applied.
    #[n(0)]
    pub facts: u64,
    /// Subscriptions, by item.
    #[n(1)]
    pub subscriptions: BTreeMap<ObjectId, Subscription>,
    /// Paid invoices.
    #[n(2)]
    pub invoices: BTreeMap<ObjectId, Invoice>,
    /// Which payments were for which invoice, as others than the invoice say.
    #[n(3)]
    pub invoice_payments: BTreeMap<ObjectId, Vec<ObjectId>>,
    /// What came back of payments.
    #[n(4)]
    pub payments: BTreeMap<ObjectId, Payment>,
    /// What checkouts offered.
    #[n(5)]
    pub offers: BTreeMap<ObjectId, Offer>,
    /// What was paid once.
    #[n(6)]
    pub purchases: BTreeMap<ObjectId, Purchase>,
    /// The terms behind each price of a subscription, with from when they hold; the first also before.
    #[n(7)]
    pub plans: BTreeMap<ObjectId, Vec<(Timestamp, PlanTerms)>>,
    /// What was awarded.
    #[n(8)]
    pub awards: BTreeMap<AwardId, Award>,
}

/// One item of a subscription: everything that was said of it, by the processor's time.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Subscription {
    /// Each state with since when.
    #[n(0)]
    pub states: Vec<(Timestamp, SubscriptionState)>,
}

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

/// What was paid once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Purchase {
    /// When.
    #[n(0)]
    pub at: Timestamp,
    /// The payment.
    #[n(1)]
    pub payment: PackPayment,
    /// The terms of the pack as the catalogue had them, and how many, where there was no offer.
    #[n(2)]
    pub terms: Option<(PackTerms, u64)>,
}

/// What is awarded once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AwardId {
    /// A trial's credits, once for a plan's name.
    #[n(0)]
    Trial(#[n(0)] String),
    /// The credits of a subscription's cycle.
    #[n(1)]
    Cycle {
        /// Whose.
        #[n(0)]
        item: ObjectId,
        /// When the cycle starts.
        #[n(1)]
        start: Timestamp,
        /// Of which asset: another plan's may be another.
        #[n(2)]
        asset: Asset,
    },
    /// What a cycle gives more since its plan or quantity rose.
    #[n(2)]
    Rise {
        /// Whose.
        #[n(0)]
        item: ObjectId,
        /// When the cycle starts.
        #[n(1)]
        start: Timestamp,
        /// To which price.
        #[n(2)]
        price: ObjectId,
        /// To how many of it.
        #[n(3)]
        quantity: u64,
    },
    /// A bonus with the first paid cycle, once for a plan's name.
    #[n(3)]
    SignupBonus(#[n(0)] String),
    /// A pack's credits, by the checkout that sold it.
    #[n(4)]
    Pack(#[n(0)] ObjectId),
    /// What a pack gave on top.
    #[n(5)]
    PackBonus(#[n(0)] ObjectId),
}

/// What was given for an award, and taken back of it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Award {
    /// Of which asset.
    #[n(0)]
    pub asset: Asset,
    /// The grants that it opened.
    #[n(1)]
    pub grants: Vec<FactNumber>,
    /// All that was given.
    #[n(2)]
    pub given: Amount,
    /// What was taken back, in the order of the taking.
    #[n(3)]
    pub taken: Vec<Taking>,
}

/// A part of what was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Taking {
    /// When.
    #[n(0)]
    pub at: Timestamp,
    /// What.
    #[n(1)]
    pub what: Taken,
}

/// What was taken back, and so what giving it back is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Taken {
    /// Free credits of a grant.
    #[n(0)]
    Part(#[n(0)] Part),
    /// Nothing: it had expired or was revoked.
    #[n(1)]
    Gone(#[n(0)] Amount),
    /// It is owed.
    #[n(2)]
    Owed(#[n(0)] Amount),
    /// It was left or forgiven.
    #[n(3)]
    Left(#[n(0)] Amount),
}

impl Taking {
    /// How much.
    pub fn amount(&self) -> Amount {
        match &self.what {
            Taken::Part(part) => part.amount,
            Taken::Gone(amount) | Taken::Owed(amount) | Taken::Left(amount) => *amount,
        }
    }

    /// The same of another amount.
    pub(super) fn of(self, amount: Amount) -> Self {
        let what = match self.what {
            Taken::Part(part) => Taken::Part(Part { amount, ..part }),
            Taken::Gone(_) => Taken::Gone(amount),
            Taken::Owed(_) => Taken::Owed(amount),
            Taken::Left(_) => Taken::Left(amount),
        };
        Self { what, ..self }
    }
}

impl Award {
    /// What was taken back of it.
    pub fn taken(&self) -> Amount {
        Amount::sum(self.taken.iter().map(Taking::amount))
    }

    /// Takes so much off the end of what was taken back, newest first.
    pub(super) fn untake(&mut self, amount: Amount) -> Vec<Taking> {
        let mut missing = amount;
        let mut untaken = Vec::new();
        while missing.is_positive() {
            let Some(last) = self.taken.pop() else { break };
            let part = last.amount().min(missing);
            if part < last.amount() {
                self.taken.push(last.clone().of(last.amount().minus(part)));
            }
            untaken.push(last.of(part));
            missing = missing.minus(part);
        }
        untaken
    }
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

impl Subscription {
    /// The state that counts: the last one.
    pub fn latest(&self) -> Option<&SubscriptionState> {
        self.states.last().map(|(_, state)| state)
    }

    /// Its trial.
    pub fn trial(&self) -> Option<Interval> {
        self.latest()?.trial
    }

    /// When it ended or is to end.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.latest()?.ends_at
    }

    /// From where the processor counted its periods when it began.
    pub fn anchor(&self) -> Option<Timestamp> {
        self.states.first().map(|(_, state)| state.anchor)
    }

    /// The last state said at an instant after one and no later than another.
    pub fn said_within(&self, after: Timestamp, until: Timestamp) -> Option<&SubscriptionState> {
        let within = self.states.iter().rev().find(|(at, _)| *at > after && *at <= until);
        within.map(|(_, state)| state)
    }

    fn merge(&mut self, at: Timestamp, state: &SubscriptionState) {
        let new = (at, state.clone());
        if self.states.contains(&new) {
            return;
        }
        let place = self.states.partition_point(|other| is_before(other, &new));
        self.states.insert(place, new);
        self.forget_repeated();
    }

    /// Forgets states that only repeat the one before, once nothing between them can arrive any more.
    fn forget_repeated(&mut self) {
        let Some((newest, _)) = self.states.last() else { return };
        let old = newest.before(LATE_FACTS_MAX);
        let mut kept: Vec<(Timestamp, SubscriptionState)> = Vec::with_capacity(self.states.len());
        for (at, state) in self.states.drain(..) {
            let repeats = kept.last().is_some_and(|(_, before)| {
                SubscriptionState { before: None, ..before.clone() }
                    == SubscriptionState { before: None, ..state.clone() }
            });
            if !repeats || at >= old {
                kept.push((at, state));
            }
        }
        self.states = kept;
    }
}

/// How much later than a fact one from before it may arrive.
const LATE_FACTS_MAX: std::time::Duration = std::time::Duration::from_hours(60 * 24);

/// Whether a state is older than another. Of two of one instant, the end is last; else the one that was made from the
/// other is the later; else any order, as long as it is always the same.
fn is_before(old: &(Timestamp, SubscriptionState), new: &(Timestamp, SubscriptionState)) -> bool {
    let rank = |(at, state): &(Timestamp, SubscriptionState)| (*at, state.status == Status::Ended);
    if rank(old) != rank(new) {
        return rank(old) < rank(new);
    }
    let ((_, old), (_, new)) = (old, new);
    match (follows(new, old), follows(old, new)) {
        (true, false) => true,
        (false, true) => false,
        _ => order(old) < order(new),
    }
}

/// Whether a state says that it was made from another.
fn follows(state: &SubscriptionState, earlier: &SubscriptionState) -> bool {
    let Some(before) = &state.before else { return false };
    let was = SubscriptionState {
        price: before.price.clone().unwrap_or_else(|| state.price.clone()),
        quantity: before.quantity.unwrap_or(state.quantity),
        status: before.status.unwrap_or(state.status),
        ends_at: if before.ended_otherwise { earlier.ends_at } else { state.ends_at },
        ..state.clone()
    };
    let is_the_earlier = (&was.price, was.quantity, was.status, was.ends_at)
        == (&earlier.price, earlier.quantity, earlier.status, earlier.ends_at);
    let differs = (&state.price, state.quantity, state.status, state.ends_at)
        != (&earlier.price, earlier.quantity, earlier.status, earlier.ends_at);
    is_the_earlier && differs
}

/// An order of states that says nothing, but is the same however they arrive. Whoever began something is older than
/// whoever goes on.
fn order(state: &SubscriptionState) -> (bool, Status, &ObjectId, u64, Option<Timestamp>, Option<Interval>) {
    let SubscriptionState { status, price, quantity, ends_at, trial, before, .. } = state;
    (before.is_some(), *status, price, *quantity, *ends_at, *trial)
}

impl Billing {
    /// Applies the fact of this number, unless it was applied before.
    pub fn apply(&mut self, number: FactNumber, fact: &Fact) {
        if self.last_fact.is_some_and(|last| last >= number) {
            return;
        }
        assert_eq!(
            self.last_fact, fact.previous,
            "fact {number} follows another fact than the billing's last"
        );
        self.change(number, &fact.body);
        self.last_fact = Some(number);
        self.facts = fact.ordinal;
    }

    /// What a fact's body does, whatever its place.
    pub fn change(&mut self, number: FactNumber, body: &Body) {
        match body {
            Body::Billed { event } => self.merge(event),
            Body::Priced { plans, packs } => {
                for (price, from, terms) in plans {
                    let pinned = self.plans.entry(price.clone()).or_default();
                    pinned.push((*from, terms.clone()));
                    pinned.sort_by_key(|(from, _)| *from);
                }
                for (session, terms, quantity) in packs {
                    if let Some(purchase) = self.purchases.get_mut(session) {
                        purchase.terms = Some((terms.clone(), *quantity));
                    }
                }
            }
            Body::Awarded { award, asset, grant, amount } => {
                let award = self.awards.entry(award.clone()).or_default();
                award.asset = asset.clone();
                award.grants.push(*grant);
                award.given = award.given.plus(*amount);
            }
            Body::TookBack { award, taken } => {
                let Some(award) = self.awards.get_mut(award) else {
                    panic!("fact {number} takes back what was not awarded");
                };
                award.taken.extend(taken.iter().cloned());
            }
            Body::GaveBack { award, amount, grant } => {
                let Some(award) = self.awards.get_mut(award) else {
                    panic!("fact {number} gives back what was not awarded");
                };
                award.untake(*amount);
                award.grants.extend(*grant);
            }
            _ => panic!("fact {number} is no fact about billing"),
        }
    }

    /// Whether an event says nothing new.
    pub fn knows(&self, event: &BillingEvent) -> bool {
        let mut merged = self.clone();
        merged.merge(event);
        merged == *self
    }

    fn merge(&mut self, BillingEvent { at, what, .. }: &BillingEvent) {
        match what {
            Happening::OwnerNamed => {}
            Happening::SubscriptionChanged(state) => {
                self.subscriptions.entry(state.item.clone()).or_default().merge(*at, state);
            }
            Happening::TimePaid(invoice) => {
                let paid = self.invoices.entry(invoice.invoice.clone()).or_insert_with(|| invoice.clone());
                // An invoice is paid once; what is said of its payments may come one after the other.
                for payment in &invoice.payments {
                    if !paid.payments.contains(payment) {
                        paid.payments.push(payment.clone());
                        paid.payments.sort();
                    }
                }
                for payment in invoice.payments.clone() {
                    self.payments.entry(payment).or_default();
                }
            }
            Happening::InvoicePayment { invoice, payment } => {
                let payments = self.invoice_payments.entry(invoice.clone()).or_default();
                if !payments.contains(payment) {
                    payments.push(payment.clone());
                    payments.sort();
                }
                self.payments.entry(payment.clone()).or_default();
            }
            Happening::PackOffered(offer) => {
                self.offers.entry(offer.session.clone()).or_insert_with(|| offer.clone());
            }
            Happening::PackPaid(payment) => {
                let purchase = Purchase { at: *at, payment: payment.clone(), terms: None };
                let known = self.purchases.entry(payment.session.clone()).or_insert(purchase);
                // A delivery may know more of what was bought than another.
                if known.payment.prices.is_empty() {
                    known.payment.prices.clone_from(&payment.prices);
                }
                if known.payment.payment.is_none() {
                    known.payment.payment.clone_from(&payment.payment);
                }
            }
            Happening::Refunded { payment, refund, amount, stands } => {
                let refunds = &mut self.payments.entry(payment.clone()).or_default().refunds;
                let new = Refund { at: *at, amount: *amount, stands: *stands };
                let known = refunds.entry(refund.clone()).or_insert(new);
                // Of two states of one instant the failure is the later.
                if (known.at, !known.stands) < (new.at, !new.stands) {
                    *known = new;
                }
            }
            Happening::RefundedInAll { payment, amount } => {
                let in_all = &mut self.payments.entry(payment.clone()).or_default().refunded_in_all;
                *in_all = (*in_all).max(Some((*at, *amount)));
            }
            Happening::DisputeFundsWithdrawn { payment, dispute, amount } => {
                let disputes = &mut self.payments.entry(payment.clone()).or_default().disputes;
                let withdrawn = &mut disputes.entry(dispute.clone()).or_default().withdrawn;
                *withdrawn = (*withdrawn).max(Some((*at, *amount)));
            }
            Happening::DisputeFundsReinstated { payment, dispute } => {
                let disputes = &mut self.payments.entry(payment.clone()).or_default().disputes;
                let reinstated_at = &mut disputes.entry(dispute.clone()).or_default().reinstated_at;
                *reinstated_at = (*reinstated_at).max(Some(*at));
            }
        }
    }

    /// The terms behind a price at an instant, if the catalogue has ever had it.
    pub fn terms(&self, price: &ObjectId, at: Timestamp) -> Option<&PlanTerms> {
        let pinned = self.plans.get(price)?;
        let held = pinned.iter().rev().find(|(from, _)| *from <= at);
        held.or_else(|| pinned.first()).map(|(_, terms)| terms)
    }

    /// Whether what was paid for an invoice was refunded in full, or any of it is disputed.
    pub fn is_reversed(&self, invoice: &Invoice) -> bool {
        let others = self.invoice_payments.get(&invoice.invoice).into_iter().flatten();
        let others = others.filter(|payment| !invoice.payments.contains(payment));
        let payments = invoice.payments.iter().chain(others);
        let (refunded, withdrawn) = payments.filter_map(|payment| self.payments.get(payment)).fold(
            (0_i64, 0_i64),
            |(refunded, withdrawn), payment| {
                (refunded.saturating_add(payment.refunded()), withdrawn.saturating_add(payment.withdrawn()))
            },
        );
        invoice.paid > 0 && (withdrawn > 0 || refunded >= invoice.paid)
    }
}
