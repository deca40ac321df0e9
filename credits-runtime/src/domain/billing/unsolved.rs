//! Unsolved entries for an administrator: unpaid changes, payments that gave nothing, and returned money
//! without a rule for it.
//!
//! It does not know which entries are listed, reported or dismissed.

use std::collections::BTreeSet;

use credits_core::Upgrades;
use minicbor::{Decode, Encode};

use super::award::AwardId;
use super::calendar::Anchor;
use super::due::{Due, Fulfilment, PartialReturn, UnpaidUpgrade};
use super::event::{Status, SubscriptionState};
use super::items::SubscriptionItems;
use super::lanes::PaidTime;
use super::paid::{ChargedWhen, Paid, Span};
use super::purchases::PurchaseProblem;
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// An entry of an owner's billing that an administrator has to act on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Unsolved {
    /// A subscription that was paid at a price unknown to every catalogue.
    #[n(0)]
    PriceUnknown(#[n(0)] ObjectId),
    /// A paid subscription item without a state.
    #[n(1)]
    ItemUnknown(#[n(0)] ObjectId),
    /// A subscription with a status that this version does not know.
    #[n(2)]
    StatusUnknown(#[n(0)] ObjectId),
    /// A purchase that fits neither its offer nor the catalogue.
    #[n(3)]
    Purchase {
        /// The checkout, or the invoice and price.
        #[n(0)]
        session: ObjectId,
        /// The reason why it gives nothing.
        #[n(1)]
        problem: PurchaseProblem,
    },
    /// An unpaid rise.
    #[n(4)]
    UnpaidUpgrade(#[n(0)] UnpaidUpgrade),
    /// A subscription invoice that was returned in part.
    #[n(5)]
    PartialReturn(#[n(0)] PartialReturn),
    /// A returned payment of no known invoice or purchase, or credit notes of an unknown invoice.
    #[n(6)]
    PaymentUnknown {
        /// The payment, or the invoice of the credit notes.
        #[n(0)]
        payment: ObjectId,
        /// The returned amount, in minor units.
        #[n(1)]
        returned: i64,
    },
    /// An award that would take the balance beyond 64 bits.
    #[n(7)]
    AwardTooLarge(#[n(0)] AwardId),
    /// An invoice or a checkout that arrived after its period or purchase was closed.
    #[n(8)]
    TooLate {
        /// The invoice or checkout.
        #[n(0)]
        object: ObjectId,
        /// When it was paid.
        #[n(1)]
        paid_at: Timestamp,
    },
}

impl Unsolved {
    /// Its key in the list, unique within an owner. Another change or a larger return has another key.
    pub fn key(&self) -> String {
        match self {
            Self::PriceUnknown(price) => format!("price {price}"),
            Self::ItemUnknown(item) => format!("item {item}"),
            Self::StatusUnknown(subscription) => format!("status {subscription}"),
            Self::Purchase { session, .. } => format!("purchase {session}"),
            Self::UnpaidUpgrade(UnpaidUpgrade { subscription, price, quantity, .. }) => {
                format!("upgrade {subscription} {price} {quantity}")
            }
            Self::PartialReturn(PartialReturn { invoice, returned, .. }) => {
                format!("return {invoice} {returned}")
            }
            Self::PaymentUnknown { payment, returned } => format!("payment {payment} {returned}"),
            Self::AwardTooLarge(award) => format!("award {award:?}"),
            Self::TooLate { object, .. } => format!("late {object}"),
        }
    }
}

/// Adds the unsolved entries of a subscription.
pub(super) fn of_subscription(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &PaidTime<'_>,
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    unknown_prices(due, billing, items, paid);
    let states = items.items.iter().filter_map(|(_, item)| item.latest());
    if states.into_iter().any(|state| state.status == Status::Unknown) {
        due.unsolved.push(Unsolved::StatusUnknown(items.subscription.clone()));
    }
    if fulfilment.upgrades == Upgrades::OnPayment && !items.is_over() {
        for (_, item) in items.items.iter().filter(|(_, item)| item.own.is_none()) {
            let Some(stated) = Stated::until(items, item, Timestamp::MAX) else { continue };
            let is_running = !matches!(
                stated.state.status,
                Status::Trialing | Status::Removed | Status::Incomplete | Status::Ended | Status::Unknown
            );
            if is_running && !stated.state.trial.is_some_and(|trial| trial.contains(now)) {
                unpaid_upgrade(due, billing, items, paid, &stated);
            }
        }
    }
}

/// Adds prices unknown to every catalogue. If the subscription has a plan, usage and free prices beside it do
/// not count.
fn unknown_prices(due: &mut Due, billing: &Billing, items: &SubscriptionItems<'_>, paid: &PaidTime<'_>) {
    let states = || items.items.iter().flat_map(|(_, item)| item.states.iter().map(|(_, state)| state));
    let has_plan = states().any(|state| billing.is_plan(items.subscription, &state.price));
    let mut prices: BTreeSet<&ObjectId> = BTreeSet::new();
    let unknown = paid.live.spans.iter().filter(|span| span.terms.is_none());
    for span in unknown {
        let is_usage = items.is_by_use(span.price) || span.charged != ChargedWhen::InTime || span.amount == 0;
        if !has_plan || !is_usage {
            prices.insert(span.price);
        }
    }
    if !has_plan && !items.is_over() {
        let latest = items.items.iter().filter_map(|(_, item)| item.latest());
        prices.extend(latest.map(|state| &state.price));
    }
    due.unsolved.extend(prices.into_iter().cloned().map(Unsolved::PriceUnknown));
}

/// The last state of an item, with the time from which it had the same price and quantity.
pub(super) struct Stated<'a> {
    since: Timestamp,
    state: &'a SubscriptionState,
    pub(super) changed_at: Timestamp,
    /// Whether a closed period was paid at this price and quantity since then.
    was_paid: bool,
}

impl<'a> Stated<'a> {
    /// The last state of an item at an instant.
    pub(super) fn until(
        items: &SubscriptionItems<'a>,
        item: &'a Subscription,
        until: Timestamp,
    ) -> Option<Self> {
        let states = || item.states.iter().rev().filter(|(at, _)| *at <= until);
        let (since, state) = states().next()?;
        let mut same =
            states().take_while(|(_, other)| other.price == state.price && other.quantity == state.quantity);
        let first = same.by_ref().last().map_or(*since, |(at, _)| *at);
        // The first state may be the last one of the closed periods.
        let closed = items.closed.filter(|closed| first <= closed.until);
        let closed = closed.and_then(|_| items.closed_item(&state.item));
        let changed_at = closed.map_or(first, |closed| closed.changed_at);
        let was_paid = closed.is_some_and(|closed| closed.is_paid);
        Some(Self { since: *since, state, changed_at, was_paid })
    }

    fn quantity(&self) -> u64 {
        self.state.quantity.unwrap_or(1)
    }

    /// Whether any time since the change is paid at this price and quantity.
    pub(super) fn is_paid(&self, live: &Paid<'_>) -> bool {
        let is_of = |span: &Span<'_>| *span.price == self.state.price && span.quantity == self.quantity();
        self.was_paid || live.spans.iter().any(|span| is_of(span) && span.period.end > self.changed_at)
    }
}

/// Adds a state that gives more than the last paid span, if no span has its price and quantity.
fn unpaid_upgrade(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &PaidTime<'_>,
    stated: &Stated<'_>,
) {
    let Stated { since, state, changed_at, .. } = *stated;
    let quantity = stated.quantity();
    let Some(terms) = billing.terms(items.subscription, &state.price, since) else { return };
    let last = paid.live.spans.iter().rfind(|span| *span.item == state.item);
    let last = last.map(|span| (span.terms, span.quantity)).or_else(|| {
        let (price, quantity) = items.closed_item(&state.item)?.paid.as_ref()?;
        Some((billing.terms(items.subscription, price, since), *quantity))
    });
    let joined = last.is_none() && paid.live.spans.iter().any(|span| span.covers(since));
    let paid_for = last.and_then(|(terms, quantity)| Some(per_time(terms?, quantity))).unwrap_or(0);
    let is_known = last.is_some() || joined;
    if !is_known || stated.is_paid(&paid.live) || per_time(terms, quantity) <= paid_for {
        return;
    }
    due.unsolved.push(Unsolved::UnpaidUpgrade(UnpaidUpgrade {
        subscription: state.subscription.clone(),
        price: state.price.clone(),
        quantity,
        since: changed_at,
    }));
}

/// Adds invoices and checkouts that arrived too late, partly returned subscription invoices, items without
/// states, returned payments of no known invoice or purchase, and credit notes of unknown invoices.
pub(super) fn of_payments(due: &mut Due, billing: &Billing, subscriptions: &[SubscriptionItems<'_>]) {
    let too_late = billing.too_late.iter();
    let too_late =
        too_late.map(|(object, paid_at)| Unsolved::TooLate { object: object.clone(), paid_at: *paid_at });
    due.unsolved.extend(too_late);
    let item_of = |line| subscriptions.iter().find_map(|items| items.item_of(billing, line));
    let mut items: BTreeSet<&ObjectId> = BTreeSet::new();
    for invoice in billing.invoices.values() {
        let returned = billing.returned_of(invoice);
        let is_partial = returned > 0 && !billing.is_returned(invoice);
        if is_partial && invoice.lines.iter().any(|line| item_of(line).is_some()) {
            due.unsolved.push(Unsolved::PartialReturn(PartialReturn {
                invoice: invoice.invoice.clone(),
                returned,
                paid: invoice.paid,
                currency: invoice.currency.clone(),
            }));
        }
        let named = invoice.lines.iter().filter(|line| line.amount > 0).filter_map(|line| line.item.as_ref());
        items.extend(named.filter(|item| !billing.subscriptions.contains_key(*item)));
    }
    due.unsolved.extend(items.into_iter().cloned().map(Unsolved::ItemUnknown));
    let of_invoices = billing.invoices.values().flat_map(|invoice| billing.payments_of(invoice));
    let bought = billing.purchases.values().filter_map(|purchase| purchase.payment.payment.as_ref());
    let of_unpaid = billing.invoice_payments.values().flatten();
    let known = of_invoices.map(|(payment, _)| payment).chain(bought).chain(of_unpaid);
    let known: BTreeSet<&ObjectId> = known.collect();
    for (payment, came_back) in &billing.payments {
        let back = came_back.refunded().saturating_add(came_back.withdrawn());
        if back > 0 && !known.contains(payment) {
            due.unsolved.push(Unsolved::PaymentUnknown { payment: payment.clone(), returned: back });
        }
    }
    for invoice in billing.notes.keys().filter(|invoice| !billing.invoices.contains_key(*invoice)) {
        let returned = billing.credited_by_notes(invoice);
        if returned > 0 {
            due.unsolved.push(Unsolved::PaymentUnknown { payment: invoice.clone(), returned });
        }
    }
}

/// Credits per year, to compare terms with different cycle lengths.
pub(super) fn per_time(terms: &PlanTerms, quantity: u64) -> i128 {
    let Some(length) = terms.every else { return 0 };
    let anchor = Anchor { at: Timestamp::MIN, day: 1 };
    let long = anchor.plus(length, 1).microseconds().max(1);
    let year = i128::from(365_u32 * 86_400).saturating_mul(1_000_000);
    let amount = i128::from(terms.amount).saturating_mul(i128::from(quantity));
    amount.saturating_mul(year).checked_div(i128::from(long)).unwrap_or(0)
}
