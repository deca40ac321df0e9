//! The events, with one type for each kind.

use std::fmt;
use std::str::FromStr;

use credits_core::Money;
use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::event::SubscriptionState;
use crate::domain::ids::{FactNumber, HoldId, ObjectId, Owner, TransferId};
use crate::domain::time::Timestamp;
use crate::service::billing::Unresolved;
use crate::service::entry::Entry;
use crate::service::transfer::Transferred;

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident $name:literal)*) => {
        /// An event of the ledger.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "event", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $variant($variant),)*
            /// A spend or hold was rejected for insufficient credits. Delivery is best effort: it is no fact,
            /// has no id, and reaches no named subscriber.
            InsufficientCredits(InsufficientCredits),
        }

        impl Event {
            /// The names of the kinds that have an id.
            const NAMES: &'static [&'static str] = &[$($name),*];

            /// The stable name of the kind, such as `credits_added`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::InsufficientCredits(_) => "insufficient_credits",
                }
            }

            /// The unique id of the event in its ledger; `None` for a rejection, which is no fact.
            pub fn id(&self) -> Option<EventId> {
                let (record, fact, threshold) = match self {
                    Self::InsufficientCredits(_) => return None,
                    $(Self::$variant(event) => event.place(),)*
                };
                Some(EventId { record, fact, name: self.name(), threshold })
            }
        }
    };
}

events! {
    /// Credits came into a wallet.
    CreditsAdded "credits_added"
    /// Credits left a wallet: charged, sent, deducted or taken back.
    CreditsDeducted "credits_deducted"
    /// The free part of a grant expired.
    CreditsExpired "credits_expired"
    /// A balance fell below a threshold of the settings.
    LowBalanceReached "low_balance_reached"
    /// A balance fell to zero or below.
    BalanceDepleted "balance_depleted"
    /// A balance rose above zero.
    BalanceRecovered "balance_recovered"
    /// A transfer was made.
    TransferCompleted "transfer_completed"
    /// A hold reached its limit before it was settled or released.
    HoldLapsed "hold_lapsed"
    /// A pack was paid, and its credits given.
    CreditPackPurchased "credit_pack_purchased"
    /// Credits of a subscription were given: of a cycle, a rise within one, a trial, or a bonus.
    SubscriptionCreditsAwarded "subscription_credits_awarded"
    /// The state of a subscription changed.
    SubscriptionChanged "subscription_changed"
    /// A payment was returned and credits were taken back, or its return was undone.
    Refund "refund"
    /// An entry needs an administrator.
    UnresolvedReported "unresolved"
}

/// The unique id of an event in its ledger: `asset/owner/fact/name`, with the threshold of a low balance after it. An event
/// that is delivered again has the same id. Events about billing have `-` for the asset, and those about events of unknown
/// owners `-` for the owner too.
///
/// Compare ids for equality, to skip repeated events: their order is not the order of the events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    record: RecordName,
    fact: FactNumber,
    name: &'static str,
    threshold: Option<Amount>,
}

/// The record that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct RecordName {
    asset: Option<String>,
    owner: Option<Owner>,
}

impl RecordName {
    fn of_wallet(asset: &str, owner: &Owner) -> Self {
        Self { asset: Some(asset.to_owned()), owner: Some(owner.clone()) }
    }

    fn of_billing(owner: &Owner) -> Self {
        Self { asset: None, owner: Some(owner.clone()) }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asset = self.record.asset.as_deref().unwrap_or("-");
        let owner = self.record.owner.as_ref().map_or("-", Owner::as_str);
        write!(f, "{asset}/{owner}/{}/{}", self.fact, self.name)?;
        self.threshold.map_or(Ok(()), |threshold| write!(f, "/{threshold}"))
    }
}

impl FromStr for EventId {
    type Err = EventIdError;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, EventIdError> {
        let read = || {
            let (rest, last) = text.rsplit_once('/')?;
            let threshold = last.parse().ok().map(Amount::new);
            let (rest, name) = if threshold.is_some() { rest.rsplit_once('/')? } else { (rest, last) };
            let (rest, fact) = rest.rsplit_once('/')?;
            let (asset, owner) = rest.split_once('/')?;
            let name = Event::NAMES.iter().find(|known| **known == name)?;
            let asset = (asset != "-").then(|| asset.to_owned());
            let owner = if asset.is_none() && owner == "-" { None } else { Some(Owner::stored(owner)?) };
            let fact = FactNumber(fact.parse().ok()?);
            Some(Self { record: RecordName { asset, owner }, fact, name, threshold })
        };
        read().ok_or_else(|| EventIdError(text.chars().take(120).flat_map(char::escape_debug).collect()))
    }
}

/// The error of a text that is no event's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id of an event: use the text that `Event::id` gave")]
pub struct EventIdError(String);

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The record and the fact of an event, and the threshold that tells several events of one kind at a fact apart.
type Place = (RecordName, FactNumber, Option<Amount>);

macro_rules! of_an_entry {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            /// The owner of the wallet.
            pub owner: Owner,
            /// The asset: `credits`, or the name of another one.
            pub asset: String,
            /// The entry.
            pub entry: Entry,
        }

        impl $name {
            fn place(&self) -> Place {
                (RecordName::of_wallet(&self.asset, &self.owner), self.entry.number, None)
            }
        }
    )*};
}
of_an_entry! {
    /// Credits came into a wallet.
    CreditsAdded
    /// Credits left a wallet: charged, sent, deducted or taken back.
    CreditsDeducted
    /// The free part of a grant expired.
    CreditsExpired
}

macro_rules! of_a_balance {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            /// The owner of the wallet.
            pub owner: Owner,
            /// The asset: `credits`, or the name of another one.
            pub asset: String,
            /// The balance before the command.
            pub balance_before: Amount,
            /// The balance after it.
            pub balance_after: Amount,
            /// The last fact of the command in this wallet.
            pub fact: FactNumber,
            /// When it was booked, by the ledger's time.
            pub at: Timestamp,
        }

        impl $name {
            fn place(&self) -> Place {
                (RecordName::of_wallet(&self.asset, &self.owner), self.fact, None)
            }
        }
    )*};
}
of_a_balance! {
    /// A balance fell to zero or below. Opening a hold never causes it, because held credits are part of the
    /// balance.
    BalanceDepleted
    /// A balance rose above zero.
    BalanceRecovered
}

/// A balance fell from a threshold or above it to below it, for any cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LowBalanceReached {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The threshold, as the settings list it.
    pub threshold: Amount,
    /// The balance before the command.
    pub balance_before: Amount,
    /// The balance after it.
    pub balance_after: Amount,
    /// The last fact of the command in this wallet.
    pub fact: FactNumber,
    /// When it was booked, by the ledger's time.
    pub at: Timestamp,
}

impl LowBalanceReached {
    fn place(&self) -> Place {
        (RecordName::of_wallet(&self.asset, &self.owner), self.fact, Some(self.threshold))
    }
}

/// A spend or hold was rejected for insufficient credits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InsufficientCredits {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The operation.
    pub operation: String,
    /// Its inputs in words: `3 pages`, `quality hd`.
    pub inputs: Vec<String>,
    /// The price of the operation.
    pub needed: Amount,
    /// The credits available for the operation.
    pub available: Amount,
    /// When it was rejected, by the ledger's time.
    pub at: Timestamp,
}

/// A transfer was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransferCompleted {
    /// The sender.
    pub sender: Owner,
    /// The receiver.
    pub receiver: Owner,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The transfer, with the entries of both sides.
    pub transfer: Transferred,
}

impl TransferCompleted {
    fn place(&self) -> Place {
        (RecordName::of_wallet(&self.asset, &self.sender), self.transfer.id.0, None)
    }
}

/// A hold reached its limit before it was settled or released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HoldLapsed {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The hold.
    pub hold: HoldId,
    /// The amount that it set aside.
    pub amount: Amount,
    /// The operation that it was for.
    pub operation: String,
    /// The inputs of the operation in words: `3 pages`, `quality hd`.
    pub inputs: Vec<String>,
    /// The limit that it reached.
    pub lapsed_at: Timestamp,
    /// The fact of the event.
    pub fact: FactNumber,
}

impl HoldLapsed {
    fn place(&self) -> Place {
        (RecordName::of_wallet(&self.asset, &self.owner), self.fact, None)
    }
}

/// A pack was paid, and its credits given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreditPackPurchased {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The pack's name.
    pub pack: String,
    /// The checkout that sold it; for a pack on an invoice, invoice and price: `in_1:price_boost`.
    pub session: ObjectId,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The paid credits.
    pub credits: Amount,
    /// The bonus credits.
    pub bonus: Amount,
    /// The price; `None` for a purchase that was closed since.
    pub price: Option<PurchasePrice>,
    /// The fact of the event.
    pub fact: FactNumber,
    /// When it was booked, by the ledger's time.
    pub at: Timestamp,
}

/// The price of a purchase. It displays as what was paid: `$9`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PurchasePrice {
    /// Minor units before discounts and tax: of the checkout, or of the pack's lines on its invoice.
    pub subtotal: i64,
    /// Currency of `subtotal`, that the pack is sold in: ISO 4217, in lower case.
    pub currency: String,
    /// Minor units paid: of the checkout, or of the whole invoice.
    pub paid: i64,
    /// Currency of `paid`: another than `currency` where the buyer paid in their own. ISO 4217, in lower case.
    pub paid_in: String,
}

impl fmt::Display for PurchasePrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Money::new(self.paid, &self.paid_in) {
            Some(paid) => fmt::Display::fmt(&paid, f),
            None => write!(f, "{} {}", self.paid, self.paid_in),
        }
    }
}

impl CreditPackPurchased {
    fn place(&self) -> Place {
        (RecordName::of_billing(&self.owner), self.fact, None)
    }
}

/// Credits of a subscription were given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionCreditsAwarded {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The plan's name.
    pub plan: String,
    /// The award: of a cycle, a rise, a trial or a bonus.
    pub award: AwardId,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The amount.
    pub amount: Amount,
    /// The expiry of the credits.
    pub expires_at: Option<Timestamp>,
    /// The fact of the event.
    pub fact: FactNumber,
    /// When it was booked, by the ledger's time.
    pub at: Timestamp,
}

impl SubscriptionCreditsAwarded {
    fn place(&self) -> Place {
        (RecordName::of_billing(&self.owner), self.fact, None)
    }
}

/// The state of a subscription changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionChanged {
    /// The owner of the subscription.
    pub owner: Owner,
    /// The state as of `happened_at`. If the event arrived late, the current state is another one.
    pub state: SubscriptionState,
    /// When the state changed, by the processor's clock.
    pub happened_at: Timestamp,
    /// The fact of the event.
    pub fact: FactNumber,
    /// When it was booked, by the ledger's time.
    pub at: Timestamp,
}

impl SubscriptionChanged {
    fn place(&self) -> Place {
        (RecordName::of_billing(&self.owner), self.fact, None)
    }
}

/// A payment was returned by a refund, a credit note or a dispute, and credits were taken back; or the return
/// was undone, and they were given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The award of the credits; `None` for a subscription's invoice that was returned in part, for which
    /// nothing is taken.
    pub award: Option<AwardId>,
    /// The invoice that was returned in part.
    pub invoice: Option<ObjectId>,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The credits taken from the wallet, with those that became debt; negative if they were given back.
    pub taken: Amount,
    /// The part of `taken` that became debt, because it was spent.
    pub owed: Amount,
    /// The credits that were forgiven, or had expired or been revoked.
    pub forgiven: Amount,
    /// Earlier transfers of these credits to other wallets.
    pub transfers: Vec<TransferId>,
    /// The fact of the event.
    pub fact: FactNumber,
    /// When it was booked, by the ledger's time.
    pub at: Timestamp,
}

impl Refund {
    fn place(&self) -> Place {
        (RecordName::of_billing(&self.owner), self.fact, None)
    }
}

/// An entry of [`unresolved`](crate::Credits::unresolved) needs an administrator. An entry of an owner's
/// billing is reported after an hour on that list, an event of an unknown owner at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnresolvedReported {
    /// The entry, with its [`remedy`](crate::billing::Unresolved::remedy).
    pub entry: Unresolved,
    /// The fact of the event.
    pub fact: FactNumber,
    /// When it was booked, by the ledger's time.
    pub at: Timestamp,
}

impl UnresolvedReported {
    fn place(&self) -> Place {
        (RecordName { asset: None, owner: self.entry.owner().cloned() }, self.fact, None)
    }
}
