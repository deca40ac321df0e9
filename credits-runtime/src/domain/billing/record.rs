//! What is known of one owner's billing: facts that merge in any order, and what was awarded because of them.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::award::{Award, AwardId};
use super::event::{BillingEvent, Happening, Invoice, Offer, PackPayment};
use super::payment::{Payment, Refund};
use super::subscription::Subscription;
use super::terms::{PackTerms, PlanTerms};
use crate::domain::fact::{Body, Fact};
use crate::domain::ids::{FactNumber, ObjectId};
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
    /// Subscriptions that are another owner's, with the instant from which on they are.
    #[n(9)]
    #[cbor(default)]
    pub handed_over: BTreeMap<ObjectId, Timestamp>,
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
            // Both are worked out from every naming that is known, so that the last one said is right.
            Happening::HandedOver { subscription } => {
                self.handed_over.insert(subscription.clone(), *at);
            }
            Happening::HandedBack { subscription } => {
                self.handed_over.remove(subscription);
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
