//! Closing: removes old periods and purchases from an owner's record once their credits are used or expired,
//! so that the record stays small. A closing is made only if everything else that is due stays the same.
//!
//! It does not know when a closing is tried, nor how it is booked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use minicbor::{Decode, Encode};

use super::award::{Award, AwardId};
use super::cycles::{Grid, Lane};
use super::due::{Due, Fulfilment, Wanted, due};
use super::event::{BillingEvent, Happening, Invoice};
use super::own::OwnId;
use super::record::Billing;
use crate::domain::body::Body;
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::limits::{CLOSED_AFTER, CLOSED_TOGETHER_MAX, CLOSED_TOGETHER_MIN, CLOSING_BYTES_MAX};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;

mod books;
mod ended;

use books::Books;
use ended::Lasting;

/// The part of a subscription's closed periods that later periods depend on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ClosedPeriods {
    /// End of the closed periods; later cycles start from here.
    #[n(0)]
    pub until: Timestamp,
    /// The time of the first state of any of its items.
    #[n(1)]
    pub began_at: Timestamp,
    /// The anchor of the processor's billing periods when the subscription began.
    #[n(2)]
    pub first_anchor: Option<Timestamp>,
    /// The first paid instant.
    #[n(3)]
    pub first_paid: Option<Timestamp>,
    /// Grid of each lane's cycles.
    #[n(4)]
    pub grids: BTreeMap<Lane, Grid>,
    /// Items of the subscription.
    #[n(5)]
    pub items: BTreeMap<ObjectId, ClosedItem>,
}

/// The part of an item's closed periods that shows whether its price and quantity are paid.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ClosedItem {
    /// The last paid price and quantity.
    #[n(0)]
    pub paid: Option<(ObjectId, u64)>,
    /// When the item got the price and quantity of its last state in the closed periods.
    #[n(1)]
    pub changed_at: Timestamp,
    /// Whether that price and quantity were paid.
    #[n(2)]
    pub is_paid: bool,
}

/// The parts of a record that are closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Closing {
    /// A subscription, with the part of its closed periods that is still needed.
    #[n(0)]
    pub periods: Option<(ObjectId, ClosedPeriods)>,
    /// Instant up to which purchases are closed.
    #[n(1)]
    pub purchases_until: Option<Timestamp>,
    /// Closed awards. Awards of cycles and packs are removed; awards given once per plan stay, marked as
    /// closed.
    #[n(2)]
    pub awards: Vec<AwardId>,
    /// Invoices to remove, with their payments and credit notes.
    #[n(3)]
    pub invoices: Vec<ObjectId>,
    /// Checkouts to remove, with their offers and purchases.
    #[n(4)]
    pub sessions: Vec<ObjectId>,
    /// Subscriptions of the application's own to remove, with their terms.
    #[n(5)]
    pub subscriptions: Vec<ObjectId>,
}

/// A closing that changes nothing else.
#[derive(Debug)]
pub struct Closable {
    /// The fact that books it.
    pub body: Body,
    /// The billing after it.
    pub billing: Billing,
    /// The awards due after it.
    pub due: Due,
}

/// Limits of a closing.
#[derive(Clone, Copy, Debug)]
pub struct ClosingRule {
    /// Age from which periods and purchases are closed, counted both from their end and from their award.
    pub after: Duration,
    /// Minimum awards of periods, or purchases and offers, in one closing.
    pub least: usize,
    /// Maximum awards of periods, or purchases and offers, in one closing.
    pub most: usize,
}

impl ClosingRule {
    /// The default limits.
    pub const DEFAULT: Self =
        Self { after: CLOSED_AFTER, least: CLOSED_TOGETHER_MIN, most: CLOSED_TOGETHER_MAX };
}

/// Returns the first closing of a billing that changes nothing else. `before` is due without the closing.
pub fn close(
    billing: &Billing,
    before: &Due,
    wallets: &BTreeMap<Asset, &Wallet>,
    (rule, fulfilment): (ClosingRule, Fulfilment),
    now: Timestamp,
) -> Option<Closable> {
    let subscriptions = billing.by_subscription();
    // A closing that is too long for a frame is retried with fewer awards.
    let parts = [1, 8, 64].map(|parts| rule.most.checked_div(parts).unwrap_or_default());
    let mut books = parts.into_iter().map(|most| {
        let rule = ClosingRule { most, ..rule };
        Books { billing, due: before, wallets, rule, now }
    });
    books.find_map(|books| {
        let of_periods = subscriptions.iter().filter_map(|items| books.of_subscription(items));
        let found = of_periods.chain(books.of_purchases());
        let found = found.chain(books.of_ended(&subscriptions, Lasting::WithPlan));
        let at_once = books.without_delay();
        let of_ended = at_once.of_ended(&subscriptions, Lasting::Alone);
        let found = found.map(|closing| (&books, closing)).chain(of_ended.map(|closing| (&at_once, closing)));
        let mut found = found.filter(|(_, closing)| bytes(closing) <= CLOSING_BYTES_MAX);
        found.find_map(|(books, closing)| closable(billing, before, books, closing, fulfilment))
    })
}

fn bytes(closing: &Closing) -> usize {
    minicbor::to_vec(closing).map_or(usize::MAX, |bytes| bytes.len())
}

/// Adds the trials and bonuses that only closed periods caused; returns `None` if anything else would change.
fn closable(
    billing: &Billing,
    before: &Due,
    books: &Books<'_>,
    mut closing: Closing,
    fulfilment: Fulfilment,
) -> Option<Closable> {
    let applied = |closing: &Closing| {
        let mut after = billing.clone();
        after.close(closing);
        let due = due(&after, fulfilment, books.now);
        (after, due)
    };
    let (mut after, mut due) = applied(&closing);
    // The period that caused the award is closed, although a later period may cause it again.
    let is_moved = |id: &AwardId, wanted: &Wanted| {
        due.awards.get(id).is_none_or(|after| after.effective_at != wanted.effective_at)
    };
    let once = before.awards.iter().filter(|(id, wanted)| is_given_once(id) && is_moved(id, wanted));
    let once = once.map(|(id, _)| id).filter(|id| !is_closed(billing, id));
    let once: Vec<_> = once.cloned().collect();
    if !once.is_empty() {
        if !once.iter().all(|id| books.can_close_once(id)) {
            return None;
        }
        closing.awards.extend(once);
        (after, due) = applied(&closing);
    }
    let is_the_same = is_the_same((before, &due), (&closing, &after));
    is_the_same.then_some(Closable { body: Body::Closed { closing }, billing: after, due })
}

fn is_given_once(id: &AwardId) -> bool {
    matches!(id, AwardId::Trial(_) | AwardId::SignupBonus(_))
}

fn is_closed(billing: &Billing, id: &AwardId) -> bool {
    billing.awards.get(id).is_some_and(|award| award.is_closed)
}

/// Whether a closing leaves the due open awards, and everything else that is due, unchanged.
fn is_the_same((before, after): (&Due, &Due), (closing, billing): (&Closing, &Billing)) -> bool {
    let closed: BTreeSet<&AwardId> = closing.awards.iter().collect();
    // Awards that are given once may already be closed.
    let is_open = |id: &AwardId| !closed.contains(id) && !is_closed(billing, id);
    let open = |due: &Due| -> Vec<_> {
        let open = due.awards.iter().filter(|(id, _)| is_open(id));
        // An award of zero credits is never given.
        let open = open.filter(|(id, wanted)| wanted.amount != 0 || billing.awards.contains_key(id));
        let open = open.map(|(id, wanted)| {
            // A later cycle may cause the award.
            let effective_at = if is_given_once(id) { Timestamp::MIN } else { wanted.effective_at };
            (id.clone(), Wanted { effective_at, ..wanted.clone() })
        });
        open.collect()
    };
    let superseded =
        |due: &Due| -> Vec<_> { due.superseded.iter().filter(|id| is_open(id)).cloned().collect() };
    open(before) == open(after)
        && superseded(before) == superseded(after)
        && before.next == after.next
        && before.covers == after.covers
        && before.unsolved == after.unsolved
}

impl Billing {
    /// Applies a closing.
    pub(super) fn close(&mut self, closing: &Closing) {
        for id in &closing.awards {
            match id {
                AwardId::Trial(_) | AwardId::SignupBonus(_) => {
                    if let Some(award) = self.awards.get_mut(id) {
                        *award = Award { asset: award.asset.clone(), is_closed: true, ..Award::default() };
                    }
                }
                _ => drop(self.awards.remove(id)),
            }
        }
        let mut payments: BTreeSet<ObjectId> = BTreeSet::new();
        for id in &closing.invoices {
            payments.extend(self.invoices.remove(id).into_iter().flat_map(|invoice| invoice.payments));
            payments.extend(self.invoice_payments.remove(id).into_iter().flatten());
            self.notes.remove(id);
            self.sold.retain(|(invoice, _), _| invoice != id);
        }
        for id in &closing.sessions {
            payments.extend(self.purchases.remove(id).and_then(|purchase| purchase.payment.payment));
            self.offers.remove(id);
        }
        let kept = self.invoices.values().flat_map(|invoice| &invoice.payments);
        let kept = kept.chain(self.invoice_payments.values().flatten());
        let kept = kept.chain(self.purchases.values().filter_map(|it| it.payment.payment.as_ref()));
        let kept: BTreeSet<&ObjectId> = kept.collect();
        let unused = payments.iter().filter(|payment| !kept.contains(payment));
        for payment in unused {
            self.payments.remove(payment);
        }
        if let Some((subscription, closed)) = &closing.periods {
            for item in self.subscriptions.values_mut().filter(|item| item.id() == Some(subscription)) {
                item.forget_before(closed.until);
            }
            self.closed_periods.insert(subscription.clone(), closed.clone());
        }
        for subscription in &closing.subscriptions {
            let number = OwnId::of(subscription).map_or(0, |id| id.number);
            self.own_removed = self.own_removed.max(number);
            // Its item has the same id.
            self.subscriptions.remove(subscription);
            self.closed_periods.remove(subscription);
            self.plans.retain(|(of, _), _| of != subscription);
        }
        self.purchases_closed_until = self.purchases_closed_until.max(closing.purchases_until);
    }

    /// Whether all periods or purchases that an invoice paid for are closed: it was counted before, or it
    /// arrived too late.
    pub(super) fn is_closed(&self, invoice: &Invoice) -> bool {
        let periods = invoice.lines.iter().map(|line| {
            let subscription = self.subscription_of(line)?;
            Some((self.closed_periods.get(subscription)?.until, line.period.end))
        });
        let periods: Option<Vec<_>> = periods.collect();
        match periods {
            Some(periods) => !periods.is_empty() && periods.iter().all(|(until, end)| end <= until),
            None => is_without_subscription(self, invoice) && self.is_closed_purchase(invoice.paid_at),
        }
    }

    /// Whether an unknown invoice charges time of subscriptions before the end of their closed periods.
    pub(super) fn reaches_into_closed(&self, invoice: &Invoice) -> bool {
        invoice.lines.iter().filter(|line| line.amount >= 0).any(|line| {
            let closed = self.subscription_of(line).and_then(|id| self.closed_periods.get(id));
            closed.is_some_and(|closed| line.period.start < closed.until)
        })
    }

    /// Whether an event is about closed periods or purchases, so that it was already applied or listed.
    pub fn has_closed(&self, event: &BillingEvent) -> bool {
        match &event.what {
            Happening::TimePaid(invoice) => {
                !self.invoices.contains_key(&invoice.invoice) && self.is_closed(invoice)
            }
            Happening::PackPaid(payment) => {
                !self.purchases.contains_key(&payment.session) && self.is_closed_purchase(event.at)
            }
            _ => false,
        }
    }

    /// Whether purchases made at an instant are closed.
    pub(super) fn is_closed_purchase(&self, at: Timestamp) -> bool {
        self.purchases_closed_until.is_some_and(|until| at <= until)
    }
}

fn is_without_subscription(billing: &Billing, invoice: &Invoice) -> bool {
    invoice.lines.iter().all(|line| billing.subscription_of(line).is_none())
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "numbers of a test are small")]
mod tests;
