//! Billing events: changes at a payment processor, in terms that the events of any processor translate into.
//!
//! It does not know which credits are due because of an event.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;

/// An event of a payment processor, for [`Credits::receive`](crate::Credits::receive). The feature `stripe`
/// translates Stripe's events; this type is for other processors.
///
/// Events merge in any order, and a replayed event changes nothing. Times are the processor's, amounts are
/// minor units of their currency.
///
/// ```
/// # mod app {
/// credits_runtime::usage_credits! {
///     subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
///     operation step { costs 1.credit }
/// }
/// # }
/// # use app::*;
/// use std::time::Duration;
///
/// use credits_runtime::Owner;
/// use credits_runtime::billing::{
///     BillingEvent, Happening, Interval, Invoice, Line, ObjectId, Status, SubscriptionState,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = |text: &str| ObjectId::new(text).ok_or("an id has 1 to 255 bytes");
/// let (subscription, item, invoice, price) = (id("sub_1")?, id("item_1")?, id("inv_1")?, id("price_pro")?);
/// let credits = Credits::in_memory()?;
/// let start = credits.now();
/// let month = Interval { start, end: start.after(Duration::from_hours(30 * 24)) };
/// let event = |objects: &[&ObjectId], what| {
///     let objects = objects.iter().map(|id| (*id).clone()).collect();
///     let owner = Some(Owner::new("user:42")?);
///     Ok::<_, credits_runtime::Rejection>(BillingEvent { at: start, objects, owner, what })
/// };
/// let joined = SubscriptionState {
///     item: item.clone(),
///     subscription: subscription.clone(),
///     status: Status::Active,
///     price: price.clone(),
///     quantity: Some(1),
///     anchor: start,
///     trial: None,
///     ends_at: None,
///     before: None,
/// };
/// let line = Line {
///     id: None,
///     item: Some(item),
///     subscription: Some(subscription.clone()),
///     price,
///     quantity: Some(1),
///     period: month,
///     amount: 900,
///     net: 900,
///     is_proration: false,
///     credits: None,
/// };
/// let paid = Invoice {
///     invoice: invoice.clone(),
///     made_at: start,
///     paid_at: start,
///     paid: 900,
///     tax: 0,
///     currency: "usd".to_owned(),
///     payments: Vec::new(),
///     lines: vec![line],
/// };
///
/// // The invoice comes first; its time is given as soon as the item is known.
/// credits.receive(event(&[&invoice, &subscription], Happening::TimePaid(paid))?).wait()?;
/// assert_eq!(credits.wallet("user:42").credits()?, 0);
/// credits.receive(event(&[&subscription], Happening::SubscriptionChanged(joined))?).wait()?;
/// assert_eq!(credits.wallet("user:42").credits()?, 1_000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct BillingEvent {
    /// When it happened, by the processor's clock.
    #[n(0)]
    pub at: Timestamp,
    /// Objects of the processor that the event is about, the most specific first: its own object, then
    /// payments, invoice, subscription item, subscription, and the customer last.
    #[n(1)]
    pub objects: Vec<ObjectId>,
    /// The owner, if the event names one.
    #[n(2)]
    pub owner: Option<Owner>,
    /// The change.
    #[n(3)]
    pub what: Happening,
}

/// The change that a [`BillingEvent`] reports.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happening {
    /// The objects belong to the owner; nothing else changed.
    #[n(0)]
    OwnerNamed,
    /// The current state of a subscription item. A subscription with several items has one event for each.
    #[n(1)]
    SubscriptionChanged(#[n(0)] SubscriptionState),
    /// An invoice was paid. Its lines decide the credits of subscriptions.
    #[n(2)]
    TimePaid(#[n(0)] Invoice),
    /// A payment was made for an invoice.
    #[n(3)]
    InvoicePayment {
        /// The invoice.
        #[n(0)]
        invoice: ObjectId,
        /// The payment.
        #[n(1)]
        payment: ObjectId,
    },
    /// A checkout offered a pack.
    #[n(4)]
    PackOffered(#[n(0)] Offer),
    /// A pack was paid for.
    #[n(5)]
    PackPaid(#[n(0)] PackPayment),
    /// The current state of a refund.
    #[n(6)]
    Refunded {
        /// The payment.
        #[n(0)]
        payment: ObjectId,
        /// The refund.
        #[n(1)]
        refund: ObjectId,
        /// Minor units of the payment's currency.
        #[n(2)]
        amount: i64,
        /// Whether the refund is neither failed nor cancelled.
        #[n(3)]
        stands: bool,
        /// When the processor made the refund, if the event has the time.
        #[n(4)]
        made_at: Option<Timestamp>,
    },
    /// The sum of all refunds of a payment. Only the part that no refund with a known id explains is added.
    #[n(7)]
    RefundedInAll {
        /// The payment.
        #[n(0)]
        payment: ObjectId,
        /// Minor units of the payment's currency.
        #[n(1)]
        amount: i64,
    },
    /// The processor withdrew the funds of a disputed payment.
    #[n(8)]
    DisputeFundsWithdrawn {
        /// The payment.
        #[n(0)]
        payment: ObjectId,
        /// The dispute.
        #[n(1)]
        dispute: ObjectId,
        /// Minor units of the payment's currency.
        #[n(2)]
        amount: i64,
    },
    /// The processor reinstated withdrawn funds of a disputed payment.
    #[n(9)]
    DisputeFundsReinstated {
        /// The payment.
        #[n(0)]
        payment: ObjectId,
        /// The dispute.
        #[n(1)]
        dispute: ObjectId,
    },
    /// The subscription belongs to another owner from now on. The ledger creates this event from the owners
    /// that the subscription's states name.
    #[n(10)]
    HandedOver {
        /// The subscription.
        #[n(0)]
        subscription: ObjectId,
    },
    /// A subscription that was handed over belongs to this owner again. The ledger creates this event too.
    #[n(11)]
    HandedBack {
        /// The subscription.
        #[n(0)]
        subscription: ObjectId,
    },
    /// A credit note returned part of an invoice by other means than refunds: to the customer's balance or
    /// out of band.
    #[n(12)]
    Credited {
        /// The invoice.
        #[n(0)]
        invoice: ObjectId,
        /// The credit note.
        #[n(1)]
        note: ObjectId,
        /// Minor units of the invoice's currency.
        #[n(2)]
        amount: i64,
        /// Whether the note is not voided.
        #[n(3)]
        stands: bool,
    },
    /// An administrator dismissed an unresolved entry. The ledger creates this event in
    /// [`Credits::dismiss`](crate::Credits::dismiss).
    #[n(13)]
    Dismissed {
        /// The entry's key.
        #[n(0)]
        key: String,
    },
    /// The application opened, changed or ended a subscription of its own, which has no payment processor. The
    /// ledger creates this event in [`Credits::subscribe`](crate::Credits::subscribe) and
    /// [`Credits::unsubscribe`](crate::Credits::unsubscribe).
    #[n(14)]
    Subscribed(#[n(0)] OwnSubscription),
}

/// A change of a subscription of the application's own. No invoice pays for it: the event names its paid time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OwnSubscription {
    /// The state from now on. The item is the subscription.
    #[n(0)]
    pub state: SubscriptionState,
    /// End of the time that stays paid at the previous price and quantity.
    #[n(1)]
    pub kept_until: Timestamp,
    /// Time that is paid at the price and quantity of the state; `None` if the subscription ends.
    #[n(2)]
    pub paid: Option<OwnSpan>,
}

/// Time of a subscription of the application's own that counts as paid.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OwnSpan {
    /// The price, which names a plan and its version.
    #[n(0)]
    pub price: ObjectId,
    /// The quantity.
    #[n(1)]
    pub quantity: u64,
    /// The time; the end is [`Timestamp::MAX`] for a subscription without one.
    #[n(2)]
    pub period: Interval,
    /// When the application asked for it.
    #[n(3)]
    pub asked_at: Timestamp,
    /// Whether a cycle starts with it.
    #[n(4)]
    pub begins_cycle: bool,
    /// When the application ended the subscription at once, and with it what the plan covers.
    #[n(5)]
    pub left_at: Option<Timestamp>,
}

/// The state of a subscription item from the event's time on. It decides the trial, the end and the name of
/// the plan; lines of invoices decide paid time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SubscriptionState {
    /// The item; the subscription, for processors without items.
    #[n(0)]
    pub item: ObjectId,
    /// The subscription of the item.
    #[n(1)]
    pub subscription: ObjectId,
    /// Status of the subscription.
    #[n(2)]
    pub status: Status,
    /// Price of the item.
    #[n(3)]
    pub price: ObjectId,
    /// The quantity; `None` for a price that is charged by use.
    #[n(4)]
    pub quantity: Option<u64>,
    /// Anchor of the processor's billing periods: an instant at which one of them starts.
    #[n(5)]
    pub anchor: Timestamp,
    /// Period of the trial, also after the trial ended.
    #[n(6)]
    pub trial: Option<Interval>,
    /// When the subscription ended or will end.
    #[n(7)]
    pub ends_at: Option<Timestamp>,
    /// Previous values, if the event has them.
    #[n(8)]
    pub before: Option<Before>,
}

/// Previous values of a changed state; `None` for a value that did not change or that the event does not
/// name. They order states of one instant: a state follows the one that has its previous values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Before {
    /// The previous price.
    #[n(0)]
    pub price: Option<ObjectId>,
    /// The previous quantity.
    #[n(1)]
    pub quantity: Option<u64>,
    /// The previous status.
    #[n(2)]
    pub status: Option<Status>,
    /// The previous end, if the end changed.
    #[n(3)]
    pub end: Option<ScheduledEnd>,
}

/// When a subscription was to end before a change: never, or at an instant.
///
/// ```
/// use credits_runtime::Timestamp;
/// use credits_runtime::billing::ScheduledEnd;
///
/// let end: Timestamp = "2026-07-01T00:00:00Z".parse()?;
/// assert_eq!(ScheduledEnd::from(Some(end)), ScheduledEnd::At(end));
/// assert_eq!(ScheduledEnd::Never.at(), None);
/// # Ok::<(), credits_runtime::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduledEnd {
    /// No end is known.
    #[n(0)]
    Never,
    /// At this instant.
    #[n(1)]
    At(#[n(0)] Timestamp),
}

impl From<Option<Timestamp>> for ScheduledEnd {
    fn from(ends_at: Option<Timestamp>) -> Self {
        ends_at.map_or(Self::Never, Self::At)
    }
}

impl ScheduledEnd {
    /// The instant of the end; `None` for [`Never`](Self::Never).
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(at) => Some(at),
        }
    }
}

/// The status of a subscription. Only its end affects paid time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// The first payment is pending.
    #[n(0)]
    Incomplete,
    /// In trial.
    #[n(1)]
    Trialing,
    /// Running and paid.
    #[n(2)]
    Active,
    /// A payment is overdue.
    #[n(3)]
    PastDue,
    /// A payment failed for good.
    #[n(4)]
    Unpaid,
    /// Billing is paused.
    #[n(5)]
    Paused,
    /// Ended.
    #[n(6)]
    Ended,
    /// The item was removed from its subscription, which continues.
    #[n(7)]
    Removed,
    /// A status that this version does not know. It has no effect and is listed.
    #[n(8)]
    Unknown,
}

/// A period of time, from `start` to just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
pub struct Interval {
    /// The first instant.
    #[n(0)]
    pub start: Timestamp,
    /// The first instant after the period.
    #[n(1)]
    pub end: Timestamp,
}

impl Interval {
    /// Whether the period contains an instant.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }
}

/// A paid invoice. The first event about an invoice counts; later ones only add payments.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Invoice {
    /// Id of the invoice.
    #[n(0)]
    pub invoice: ObjectId,
    /// When it was made. Lines whose period had ended by then were charged in arrears, as usage is.
    #[n(1)]
    pub made_at: Timestamp,
    /// When it was paid.
    #[n(2)]
    pub paid_at: Timestamp,
    /// Total in minor units, including tax and the part paid from the customer's balance. Returned amounts
    /// are compared with it.
    #[n(3)]
    pub paid: i64,
    /// Tax within the total, in minor units.
    #[n(4)]
    pub tax: i64,
    /// ISO 4217 code, in lower case.
    #[n(5)]
    pub currency: String,
    /// Payments that the invoice names.
    #[n(6)]
    pub payments: Vec<ObjectId>,
    /// Lines that have a price, including those outside subscriptions, which may be packs.
    #[n(7)]
    pub lines: Vec<Line>,
}

/// A line of an invoice. A line with an amount of 0 or more pays for its period at its price and quantity; a
/// negative line credits that time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Line {
    /// Id of the line, if it has one.
    #[n(0)]
    pub id: Option<ObjectId>,
    /// The subscription item, if the line names one. A line that names only its subscription belongs to the
    /// item that has or had its price.
    #[n(1)]
    pub item: Option<ObjectId>,
    /// The subscription, if the line or its invoice names one.
    #[n(2)]
    pub subscription: Option<ObjectId>,
    /// The price.
    #[n(3)]
    pub price: ObjectId,
    /// The quantity; `None` for a price that is known to be charged by use.
    #[n(4)]
    pub quantity: Option<u64>,
    /// Time that the line pays for or credits.
    #[n(5)]
    pub period: Interval,
    /// Minor units before discounts; negative for credited time.
    #[n(6)]
    pub amount: i64,
    /// Minor units after discounts and without tax.
    #[n(7)]
    pub net: i64,
    /// Whether the line is a proration, the share of a change. Any other period starts a new cycle.
    #[n(8)]
    pub is_proration: bool,
    /// For a negative line: the invoice and the lines that it credits, if it names them.
    #[n(9)]
    pub credits: Option<CreditedLines>,
}

/// The lines of an earlier invoice that a negative line names as credited (Stripe:
/// `proration_details.credited_items`). A negative line without them credits a line of its price that ends
/// where it ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct CreditedLines {
    /// The invoice.
    #[n(0)]
    pub invoice: ObjectId,
    /// Credited lines, by [`Line::id`]; empty for any line of the invoice.
    #[n(1)]
    pub lines: Vec<ObjectId>,
}

/// A checkout's offer of packs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Offer {
    /// The checkout.
    #[n(0)]
    pub session: ObjectId,
    /// The terms of the pack.
    #[n(1)]
    pub pack: super::terms::PackTerms,
    /// Number of packs.
    #[n(2)]
    pub quantity: u64,
    /// Currency of the checkout, ISO 4217 in lower case; `None` if the processor chooses among those of the
    /// price.
    #[n(3)]
    pub currency: Option<String>,
}

/// A payment for packs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PackPayment {
    /// The checkout.
    #[n(0)]
    pub session: ObjectId,
    /// The payment; `None` if nothing had to be paid.
    #[n(1)]
    pub payment: Option<ObjectId>,
    /// Currency that the packs are sold in, of `subtotal`: ISO 4217 code, in lower case.
    #[n(2)]
    pub currency: String,
    /// Minor units before discounts, tax and shipping.
    #[n(3)]
    pub subtotal: i64,
    /// Minor units paid, after discounts, including tax and shipping. Returned amounts are compared with it.
    #[n(4)]
    pub paid: i64,
    /// The pack's name, if the checkout carries it.
    #[n(5)]
    pub pack: Option<String>,
    /// Paid prices, each with its quantity, if known.
    #[n(6)]
    pub prices: Vec<(ObjectId, u64)>,
    /// Tax within `paid`, in minor units.
    #[n(7)]
    pub tax: i64,
    /// Invoice that the checkout made for the payment.
    #[n(8)]
    pub invoice: Option<ObjectId>,
    /// The buyer's currency, of `paid` and `tax`, if it is another than that of the packs: ISO 4217 code, in lower case.
    #[n(9)]
    #[serde(default)]
    pub paid_in: Option<String>,
}

impl PackPayment {
    /// The currency of `paid` and `tax`.
    pub(crate) fn currency_paid(&self) -> &str {
        self.paid_in.as_deref().unwrap_or(&self.currency)
    }
}
