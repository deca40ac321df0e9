//! The billing record of one owner: facts that merge in any order, and the awards given because of them.
//!
//! It does not know which awards are due.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::award::{Award, AwardId, Mark};
use super::closing::ClosedPeriods;
use super::event::{BillingEvent, Invoice, Offer, PackPayment};
use super::payment::Payment;
use super::subscription::Subscription;
use super::terms::{PackTerms, PlanTerms};
use super::unsolved::Unsolved;
use crate::domain::body::Body;
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::limits::UNSOLVED_REPORTED_AFTER;
use crate::domain::record::{Applied, Record};
use crate::domain::time::Timestamp;

mod merging;

/// One owner's billing.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Billing {
    /// The last applied fact; stored before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// Number of applied facts.
    #[n(0)]
    pub facts: u64,
    /// Subscriptions, by item.
    #[n(1)]
    pub subscriptions: BTreeMap<ObjectId, Subscription>,
    /// Paid invoices.
    #[n(2)]
    pub invoices: BTreeMap<ObjectId, Invoice>,
    /// Payments of invoices, as named by other events than the invoice's own.
    #[n(3)]
    pub invoice_payments: BTreeMap<ObjectId, Vec<ObjectId>>,
    /// Payments, with their refunds and disputes.
    #[n(4)]
    pub payments: BTreeMap<ObjectId, Payment>,
    /// Offers of checkouts, each with its time.
    #[n(5)]
    pub offers: BTreeMap<ObjectId, (Timestamp, Offer)>,
    /// Purchases, by checkout.
    #[n(6)]
    pub purchases: BTreeMap<ObjectId, Purchase>,
    /// Terms of each subscription and price, with the instant from which they apply; the first terms also
    /// apply before it.
    #[n(7)]
    pub plans: BTreeMap<(ObjectId, ObjectId), Vec<(Timestamp, PlanTerms)>>,
    /// Given awards.
    #[n(8)]
    pub awards: BTreeMap<AwardId, Award>,
    /// Credit notes, by invoice and note.
    #[n(12)]
    pub notes: BTreeMap<ObjectId, BTreeMap<ObjectId, CreditNote>>,
    /// Packs on lines of invoices, by invoice and price.
    #[n(10)]
    pub sold: BTreeMap<(ObjectId, ObjectId), PackTerms>,
    /// Subscriptions handed over to another owner, with the instant of it.
    #[n(9)]
    pub handed_over: BTreeMap<ObjectId, Timestamp>,
    /// Keys of unresolved entries that an administrator dismissed.
    #[n(11)]
    pub dismissed: BTreeSet<String>,
    /// Unsolved entries, by key.
    #[n(13)]
    pub listed: BTreeMap<String, Listing>,
    /// Closed periods of subscriptions.
    #[n(14)]
    pub closed_periods: BTreeMap<ObjectId, ClosedPeriods>,
    /// Instant up to which purchases are closed.
    #[n(15)]
    pub purchases_closed_until: Option<Timestamp>,
    /// Invoices and checkouts that arrived after their periods or purchases were closed, with the time of
    /// payment.
    #[n(16)]
    pub too_late: BTreeMap<ObjectId, Timestamp>,
    /// The highest number of a removed subscription of the application's own; 0 if none was removed.
    #[n(17)]
    pub own_removed: u64,
}

/// An entry of the list of unsolved ones.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Listing {
    /// The entry.
    #[n(0)]
    pub entry: Unsolved,
    /// When it was listed, by the ledger's time.
    #[n(1)]
    pub since: Timestamp,
    /// Whether it was reported to handlers.
    #[n(2)]
    pub is_reported: bool,
}

/// A credit note: the part of an invoice returned by other means than refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CreditNote {
    /// Time of this state.
    #[n(0)]
    pub at: Timestamp,
    /// Minor units of the invoice's currency.
    #[n(1)]
    pub amount: i64,
    /// Whether the note is not voided.
    #[n(2)]
    pub stands: bool,
}

/// The terms pinned for a price of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pinned {
    /// The subscription.
    #[n(0)]
    pub subscription: ObjectId,
    /// The price.
    #[n(1)]
    pub price: ObjectId,
    /// Instant from which the terms apply; the first terms of a price also apply before it.
    #[n(2)]
    pub from: Timestamp,
    /// The terms.
    #[n(3)]
    pub terms: PlanTerms,
}

/// The terms of a pack that was paid without an offer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SoldAs {
    /// Sold by a checkout.
    #[n(0)]
    Checkout {
        /// The checkout.
        #[n(0)]
        session: ObjectId,
        /// The pack.
        #[n(1)]
        pack: PackTerms,
        /// The quantity.
        #[n(2)]
        quantity: u64,
    },
    /// Sold by lines of an invoice.
    #[n(1)]
    Invoice {
        /// The invoice.
        #[n(0)]
        invoice: ObjectId,
        /// The price of the lines.
        #[n(1)]
        price: ObjectId,
        /// The pack.
        #[n(2)]
        pack: PackTerms,
    },
}

/// A purchase of packs by a checkout.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Purchase {
    /// Time of the purchase.
    #[n(0)]
    pub at: Timestamp,
    /// The payment.
    #[n(1)]
    pub payment: PackPayment,
    /// The catalogue's terms of the pack, and the quantity, for a payment without an offer.
    #[n(2)]
    pub terms: Option<(PackTerms, u64)>,
}

impl Record for Billing {
    const NAME: &'static str = "billing";

    fn applied(&mut self) -> Applied<'_> {
        Applied { last_fact: &mut self.last_fact, facts: &mut self.facts }
    }

    fn change(&mut self, number: FactNumber, body: &Body) {
        match body {
            Body::Billed { event } => self.merge(event),
            Body::Priced { plans, packs } => {
                for Pinned { subscription, price, from, terms } in plans {
                    let pinned = self.plans.entry((subscription.clone(), price.clone())).or_default();
                    pinned.push((*from, terms.clone()));
                    pinned.sort_by_key(|(from, _)| *from);
                }
                for sold in packs {
                    match sold {
                        SoldAs::Checkout { session, pack, quantity } => {
                            if let Some(purchase) = self.purchases.get_mut(session) {
                                purchase.terms = Some((pack.clone(), *quantity));
                            }
                        }
                        SoldAs::Invoice { invoice, price, pack } => {
                            self.sold.insert((invoice.clone(), price.clone()), pack.clone());
                        }
                    }
                }
            }
            Body::Awarded { award, asset, grant, amount, at, .. } => {
                let award = self.awards.entry(award.clone()).or_default();
                award.asset = asset.clone();
                award.grants.push(*grant);
                award.given = award.given.plus(*amount);
                award.given_at = award.given_at.max(Some(*at));
            }
            Body::TookBack { award, taken } => {
                let Some(award) = self.awards.get_mut(award) else {
                    panic!("fact {number} takes back what was not awarded");
                };
                award.taken.extend(taken.iter().cloned());
            }
            Body::GivenBefore { award, asset, amount, grant, at } => {
                let award = self.awards.entry(award.clone()).or_default();
                award.asset = asset.clone();
                award.grants.extend(*grant);
                award.given = *amount;
                award.given_at = Some(*at);
                award.mark = Some(Mark::Unconfirmed);
            }
            Body::Confirmed { award, due } => {
                self.awards.entry(award.clone()).or_default().mark = Some(Mark::Confirmed(*due));
            }
            Body::TookForgiven { award, taken } => {
                let Some(award) = self.awards.get_mut(award) else {
                    panic!("fact {number} takes back what was not awarded");
                };
                award.replace_forgiven(taken);
            }
            Body::Listed { at, added, removed } => {
                self.listed.retain(|key, _| !removed.contains(key));
                for entry in added {
                    let listing = Listing { entry: entry.clone(), since: *at, is_reported: false };
                    self.listed.insert(entry.key(), listing);
                }
            }
            Body::Closed { closing } => self.close(closing),
            Body::Reported { entry } => {
                if let Some(listing) = self.listed.get_mut(&entry.key()) {
                    listing.is_reported = true;
                }
            }
            Body::ForfeitureNoted { award, forfeited } => {
                let known = &mut self.awards.entry(award.clone()).or_default().forfeited;
                known.retain(|other| other.grant != forfeited.grant);
                known.push(*forfeited);
            }
            Body::AdvanceTaken { award, taken } => {
                self.awards.entry(award.clone()).or_default().advance.extend(taken.iter().cloned());
            }
            Body::AdvanceReturned { award, amount } => {
                self.awards.entry(award.clone()).or_default().return_advance(*amount);
            }
            Body::GaveBack { award, amount, grant } => {
                let Some(award) = self.awards.get_mut(award) else {
                    panic!("fact {number} gives back what was not awarded");
                };
                award.return_taken(*amount);
                award.grants.extend(*grant);
            }
            _ => panic!("fact {number} is no fact about billing"),
        }
    }
}

impl Billing {
    /// Returns the facts that update the list to these unsolved entries, and that report entries listed for
    /// at least `UNSOLVED_REPORTED_AFTER`.
    pub fn relist(&self, unsolved: Vec<Unsolved>, now: Timestamp) -> Vec<Body> {
        let entries: BTreeMap<String, Unsolved> =
            unsolved.into_iter().map(|entry| (entry.key(), entry)).collect();
        let entries: BTreeMap<_, _> =
            entries.into_iter().filter(|(key, _)| !self.dismissed.contains(key)).collect();
        let is_same = |key: &String, entry: &Unsolved| {
            self.listed.get(key).is_some_and(|listing| listing.entry == *entry)
        };
        let added =
            entries.iter().filter(|(key, entry)| !is_same(key, entry)).map(|(_, entry)| entry.clone());
        let added: Vec<_> = added.collect();
        let removed: Vec<_> = self.listed.keys().filter(|key| !entries.contains_key(*key)).cloned().collect();
        let has_stood = |(key, listing): &(&String, &Listing)| {
            let reported_at = listing.since.after(UNSOLVED_REPORTED_AFTER);
            !listing.is_reported && reported_at <= now && entries.get(*key) == Some(&listing.entry)
        };
        let reported = self.listed.iter().filter(has_stood).map(|(_, listing)| listing.entry.clone());
        let reported: Vec<_> = reported.map(|entry| Body::Reported { entry }).collect();
        // Handlers get one event per fact, so each partial return needs its own fact.
        let (parts, added): (Vec<_>, Vec<_>) =
            added.into_iter().partition(|entry| matches!(entry, Unsolved::PartialReturn(_)));
        let changed = !added.is_empty() || !removed.is_empty();
        let listed = changed.then_some(Body::Listed { at: now, added, removed });
        let parts =
            parts.into_iter().map(|part| Body::Listed { at: now, added: vec![part], removed: Vec::new() });
        listed.into_iter().chain(parts).chain(reported).collect()
    }

    /// When the next entry has to be reported.
    pub fn reported_next_at(&self) -> Option<Timestamp> {
        let unreported = self.listed.values().filter(|listing| !listing.is_reported);
        unreported.map(|listing| listing.since.after(UNSOLVED_REPORTED_AFTER)).min()
    }

    /// Whether an event would change nothing.
    pub fn knows(&self, event: &BillingEvent) -> bool {
        let mut merged = self.clone();
        merged.merge(event);
        merged == *self
    }

    /// The terms of a subscription and price at an instant; `None` for a price unknown to every catalogue.
    pub fn terms(&self, subscription: &ObjectId, price: &ObjectId, at: Timestamp) -> Option<&PlanTerms> {
        let pinned = self.plans.get(&(subscription.clone(), price.clone()))?;
        let held = pinned.iter().rev().find(|(from, _)| *from <= at);
        held.or_else(|| pinned.first()).map(|(_, terms)| terms)
    }

    /// The returned amount of an invoice, in minor units: refunds of its payments, and credit notes.
    pub fn returned_of(&self, invoice: &Invoice) -> i64 {
        let refunded = self.payments_of(invoice).map(|(_, payment)| payment.refunded());
        refunded.fold(self.credited_by_notes(&invoice.invoice), i64::saturating_add)
    }

    /// The amount of an invoice that credit notes returned otherwise than by refunds, in minor units.
    pub fn credited_by_notes(&self, invoice: &ObjectId) -> i64 {
        let notes = self.notes.get(invoice).into_iter().flat_map(BTreeMap::values);
        notes.filter(|note| note.stands).fold(0, |sum, note| sum.saturating_add(note.amount))
    }

    /// The amount of an invoice that disputes hold, in minor units.
    pub fn withdrawn_of(&self, invoice: &Invoice) -> i64 {
        self.payments_of(invoice).map(|(_, payment)| payment.withdrawn()).fold(0, i64::saturating_add)
    }

    /// The payments that an invoice names, or that name the invoice.
    pub fn payments_of<'a>(
        &'a self,
        invoice: &'a Invoice,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a Payment)> {
        let others = self.invoice_payments.get(&invoice.invoice).into_iter().flatten();
        let others = others.filter(|payment| !invoice.payments.contains(payment));
        let named = invoice.payments.iter().chain(others);
        named.filter_map(|payment| self.payments.get_key_value(payment))
    }

    /// Whether an invoice was returned in full, or is disputed in any part.
    pub fn is_returned(&self, invoice: &Invoice) -> bool {
        invoice.paid > 0 && (self.withdrawn_of(invoice) > 0 || self.returned_of(invoice) >= invoice.paid)
    }
}
