//! Billing events: what happened at a payment processor, in words that every processor's events translate into.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;

/// Something that happened at a payment processor.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct BillingEvent {
    /// When, by the processor's clock.
    #[n(0)]
    pub at: Timestamp,
    /// The processor's objects that it is about, all of one owner: customer, subscription, invoice, payment, session.
    #[n(1)]
    pub objects: Vec<ObjectId>,
    /// Whose they are, if the event says so itself.
    #[n(2)]
    pub owner: Option<Owner>,
    /// What happened.
    #[n(3)]
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happening {
    /// Nothing but that the objects belong to the owner.
    #[n(0)]
    OwnerNamed,
    /// A subscription is as follows.
    #[n(1)]
    SubscriptionChanged(#[n(0)] SubscriptionState),
    /// An invoice was paid.
    #[n(2)]
    TimePaid(#[n(0)] Invoice),
    /// A payment was for an invoice.
    #[n(3)]
    InvoicePayment {
        /// Which invoice.
        #[n(0)]
        invoice: ObjectId,
        /// Which payment.
        #[n(1)]
        payment: ObjectId,
    },
    /// A checkout offered a pack.
    #[n(4)]
    PackOffered(#[n(0)] Offer),
    /// A pack was paid.
    #[n(5)]
    PackPaid(#[n(0)] PackPayment),
    /// A refund of a payment is in this state.
    #[n(6)]
    Refunded {
        /// Of which payment.
        #[n(0)]
        payment: ObjectId,
        /// Which refund.
        #[n(1)]
        refund: ObjectId,
        /// Minor units of the payment's currency.
        #[n(2)]
        amount: i64,
        /// Whether it is neither failed nor cancelled.
        #[n(3)]
        stands: bool,
    },
    /// All refunds of a payment together.
    #[n(7)]
    RefundedInAll {
        /// Of which payment.
        #[n(0)]
        payment: ObjectId,
        /// Minor units of the payment's currency.
        #[n(1)]
        amount: i64,
    },
    /// The processor took a disputed payment back.
    #[n(8)]
    DisputeFundsWithdrawn {
        /// Which payment.
        #[n(0)]
        payment: ObjectId,
        /// Which dispute.
        #[n(1)]
        dispute: ObjectId,
        /// Minor units of the payment's currency.
        #[n(2)]
        amount: i64,
    },
    /// The processor returned what it had taken back.
    #[n(9)]
    DisputeFundsReinstated {
        /// Which payment.
        #[n(0)]
        payment: ObjectId,
        /// Which dispute.
        #[n(1)]
        dispute: ObjectId,
    },
}

/// One item of a subscription, as it was at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct SubscriptionState {
    /// Which item; of processors without items, which subscription.
    #[n(0)]
    pub item: ObjectId,
    /// Which subscription it is an item of.
    #[n(1)]
    pub subscription: ObjectId,
    /// How it is doing.
    #[n(2)]
    pub status: Status,
    /// The price that is charged.
    #[n(3)]
    pub price: ObjectId,
    /// How many of it.
    #[n(4)]
    pub quantity: u64,
    /// From where the processor counts its billing periods.
    #[n(5)]
    pub anchor: Timestamp,
    /// From when to before when it is a trial.
    #[n(6)]
    pub trial: Option<Interval>,
    /// When it ended or is to end.
    #[n(7)]
    pub ends_at: Option<Timestamp>,
    /// What it was before this change, if the event names any of it.
    #[n(8)]
    pub before: Option<Before>,
}

/// What a change was made from; what is not named did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Before {
    /// The price before.
    #[n(0)]
    pub price: Option<ObjectId>,
    /// The quantity before.
    #[n(1)]
    pub quantity: Option<u64>,
    /// How it was doing before.
    #[n(2)]
    pub status: Option<Status>,
    /// Whether it was to end at another instant, or not at all.
    #[n(3)]
    pub ended_otherwise: bool,
}

/// How a subscription is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Its first payment is awaited.
    #[n(0)]
    Incomplete,
    /// In its trial.
    #[n(1)]
    Trialing,
    /// Running and paid.
    #[n(2)]
    Active,
    /// A payment is late.
    #[n(3)]
    PastDue,
    /// A payment failed for good.
    #[n(4)]
    Unpaid,
    /// Not billed for a while.
    #[n(5)]
    Paused,
    /// Over.
    #[n(6)]
    Ended,
}

/// From an instant to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub struct Interval {
    /// The first instant.
    #[n(0)]
    pub start: Timestamp,
    /// The first instant after it.
    #[n(1)]
    pub end: Timestamp,
}

impl Interval {
    /// Whether the instant is in it.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }
}

/// A paid invoice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Invoice {
    /// Which one.
    #[n(0)]
    pub invoice: ObjectId,
    /// When it was paid.
    #[n(1)]
    pub paid_at: Timestamp,
    /// What was paid, in minor units.
    #[n(2)]
    pub paid: i64,
    /// Whether it is the one that its subscription began with.
    #[n(3)]
    pub begins: bool,
    /// Its payments, as far as it names them.
    #[n(4)]
    pub payments: Vec<ObjectId>,
    /// What it is for; lines that are of no subscription are left out.
    #[n(5)]
    pub lines: Vec<Line>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Line {
    /// Of which item of a subscription.
    #[n(0)]
    pub item: ObjectId,
    /// At which price.
    #[n(1)]
    pub price: ObjectId,
    /// How many of it.
    #[n(2)]
    pub quantity: u64,
    /// For which time.
    #[n(3)]
    pub period: Interval,
    /// Minor units, before discounts; negative for what was not used.
    #[n(4)]
    pub amount: i64,
    /// Whether it is the share of a change.
    #[n(5)]
    pub is_proration: bool,
}

/// What a checkout offers for sale.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Offer {
    /// Which checkout.
    #[n(0)]
    pub session: ObjectId,
    /// What is given for it.
    #[n(1)]
    pub pack: super::terms::PackTerms,
    /// How many packs.
    #[n(2)]
    pub quantity: u64,
    /// The currency that the checkout asks for, ISO 4217 in lower case; `None` if the processor chooses among those of
    /// its price.
    #[n(3)]
    pub currency: Option<String>,
}

/// A payment for packs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct PackPayment {
    /// Which checkout.
    #[n(0)]
    pub session: ObjectId,
    /// Which payment; none if nothing was to be paid.
    #[n(1)]
    pub payment: Option<ObjectId>,
    /// ISO 4217, in lower case.
    #[n(2)]
    pub currency: String,
    /// Minor units before discounts, tax and shipping.
    #[n(3)]
    pub subtotal: i64,
    /// Minor units that were paid.
    #[n(4)]
    pub paid: i64,
    /// The pack by its name, if the checkout says so.
    #[n(5)]
    pub pack: Option<String>,
    /// The prices that were paid, with how many of each, as far as they are known.
    #[n(6)]
    pub prices: Vec<(ObjectId, u64)>,
}
