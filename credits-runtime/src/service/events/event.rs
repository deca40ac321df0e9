//! What can be told: one type for each kind of event.

use std::fmt;

use serde::Serialize;

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
        /// Something that happened.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "event", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $variant($variant),)*
            /// A spending was refused for want of credits. Best effort: it is no fact, has no id, and reaches no
            /// named subscriber.
            InsufficientCredits(InsufficientCredits),
        }

        impl Event {
            /// The stable name of the kind, such as `credits_added`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::InsufficientCredits(_) => "insufficient_credits",
                }
            }

            /// What tells it from every other event of the ledger; `None` of a refusal, which is no fact.
            pub fn id(&self) -> Option<EventId> {
                let (fact, threshold) = match self {
                    Self::InsufficientCredits(_) => return None,
                    $(Self::$variant(event) => event.place(),)*
                };
                Some(EventId { fact, name: self.name(), threshold })
            }
        }
    };
}

events! {
    /// Credits came into a wallet.
    CreditsAdded "credits_added"
    /// Credits left a wallet, by spending, transfer or hand.
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
    /// Credits of a subscription were given: of a cycle, a rise, a trial, or a bonus.
    SubscriptionCreditsAwarded "subscription_credits_awarded"
    /// A subscription is otherwise than it was.
    SubscriptionChanged "subscription_changed"
    /// A payment came back, or came again after all.
    Refund "refund"
    /// Something needs an administrator.
    UnresolvedReported "unresolved"
}

/// What tells an event from every other of its ledger; the same whenever it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    fact: FactNumber,
    name: &'static str,
    threshold: Option<Amount>,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.fact, self.name)?;
        self.threshold.map_or(Ok(()), |threshold| write!(f, "/{threshold}"))
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A fact, and of several events of one kind there, which threshold.
type Place = (FactNumber, Option<Amount>);

macro_rules! of_an_entry {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[non_exhaustive]
        pub struct $name {
            /// Whose wallet.
            pub owner: Owner,
            /// Of what: `credits`, or the name of another asset.
            pub asset: String,
            /// The entry.
            pub entry: Entry,
        }

        impl $name {
            fn place(&self) -> Place {
                (self.entry.number, None)
            }
        }
    )*};
}
of_an_entry! {
    /// Credits came into a wallet.
    CreditsAdded
    /// Credits left a wallet, by spending, transfer or hand.
    CreditsDeducted
    /// The free part of a grant expired.
    CreditsExpired
}

macro_rules! of_a_balance {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[non_exhaustive]
        pub struct $name {
            /// Whose wallet.
            pub owner: Owner,
            /// Of what: `credits`, or the name of another asset.
            pub asset: String,
            /// The balance before the command.
            pub balance_before: Amount,
            /// The balance after it.
            pub balance_after: Amount,
            /// The last fact of the command in this wallet.
            pub fact: FactNumber,
            /// When.
            pub at: Timestamp,
        }

        impl $name {
            fn place(&self) -> Place {
                (self.fact, None)
            }
        }
    )*};
}
of_a_balance! {
    /// A balance fell to zero or below. Holds never cause it: what they set aside is part of the balance.
    BalanceDepleted
    /// A balance rose above zero.
    BalanceRecovered
}

/// A balance fell below a threshold: from at least it to less, whatever the cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LowBalanceReached {
    /// Whose wallet.
    pub owner: Owner,
    /// The threshold, as the settings list it.
    pub threshold: Amount,
    /// The balance before the command.
    pub balance_before: Amount,
    /// The balance after it.
    pub balance_after: Amount,
    /// The last fact of the command in this wallet.
    pub fact: FactNumber,
    /// When.
    pub at: Timestamp,
}

impl LowBalanceReached {
    fn place(&self) -> Place {
        (self.fact, Some(self.threshold))
    }
}

/// A spending was refused for want of credits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InsufficientCredits {
    /// Whose wallet.
    pub owner: Owner,
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// What it would have taken.
    pub needed: Amount,
    /// What could have been used for it.
    pub available: Amount,
    /// When.
    pub at: Timestamp,
}

/// A transfer was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TransferCompleted {
    /// Whose credits moved.
    pub sender: Owner,
    /// Where to.
    pub receiver: Owner,
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// Both sides.
    pub transfer: Transferred,
}

impl TransferCompleted {
    fn place(&self) -> Place {
        (self.transfer.id.0, None)
    }
}

/// A hold reached its limit before it was settled or released.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HoldLapsed {
    /// Whose wallet.
    pub owner: Owner,
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// Which hold.
    pub hold: HoldId,
    /// What it set aside.
    pub amount: Amount,
    /// What it was to pay for.
    pub operation: String,
    /// Its limit.
    pub lapsed_at: Timestamp,
    /// The fact that says so.
    pub fact: FactNumber,
}

impl HoldLapsed {
    fn place(&self) -> Place {
        (self.fact, None)
    }
}

/// A pack was paid, and its credits given.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CreditPackPurchased {
    /// Whose wallet.
    pub owner: Owner,
    /// The pack's name.
    pub pack: String,
    /// The checkout that sold it.
    pub session: ObjectId,
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// What was paid for.
    pub credits: Amount,
    /// What was given on top.
    pub bonus: Amount,
    /// The fact that says so.
    pub fact: FactNumber,
    /// When.
    pub at: Timestamp,
}

impl CreditPackPurchased {
    fn place(&self) -> Place {
        (self.fact, None)
    }
}

/// Credits of a subscription were given.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SubscriptionCreditsAwarded {
    /// Whose wallet.
    pub owner: Owner,
    /// The plan's name.
    pub plan: String,
    /// What for: a cycle, a rise, a trial, a bonus.
    pub award: AwardId,
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// How much.
    pub amount: Amount,
    /// Until when it can be used.
    pub expires_at: Option<Timestamp>,
    /// The fact that says so.
    pub fact: FactNumber,
    /// When.
    pub at: Timestamp,
}

impl SubscriptionCreditsAwarded {
    fn place(&self) -> Place {
        (self.fact, None)
    }
}

/// A subscription is otherwise than it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SubscriptionChanged {
    /// Whose.
    pub owner: Owner,
    /// How it is, by the processor's time `happened_at`. It may be told late: then it is not how it is now.
    pub state: SubscriptionState,
    /// When, by the processor's clock.
    pub happened_at: Timestamp,
    /// The fact that says so.
    pub fact: FactNumber,
    /// When it was told.
    pub at: Timestamp,
}

impl SubscriptionChanged {
    fn place(&self) -> Place {
        (self.fact, None)
    }
}

/// A payment came back, by a refund or a dispute, and credits with it; or it came again, and so did they.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Refund {
    /// Whose wallet.
    pub owner: Owner,
    /// What the credits had been given for; `None` of a subscription's invoice that came back in part, for which
    /// nothing is taken.
    pub award: Option<AwardId>,
    /// The invoice that came back in part.
    pub invoice: Option<ObjectId>,
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// What left the wallet; negative if it came again.
    pub taken: Amount,
    /// What is owed since, because it was spent.
    pub owed: Amount,
    /// What was forgiven, or had expired.
    pub forgiven: Amount,
    /// Transfers that had carried credits of this purchase to somebody else.
    pub transfers: Vec<TransferId>,
    /// The fact that says so.
    pub fact: FactNumber,
    /// When.
    pub at: Timestamp,
}

impl Refund {
    fn place(&self) -> Place {
        (self.fact, None)
    }
}

/// Something is on the list of [`unresolved`](crate::Credits::unresolved) ones and needs an administrator: of an owner's
/// billing once it has been there for an hour, an event of an unknown owner at once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UnresolvedReported {
    /// The entry, with its [`remedy`](crate::billing::Unresolved::remedy).
    pub entry: Unresolved,
    /// The fact that says so.
    pub fact: FactNumber,
    /// When.
    pub at: Timestamp,
}

impl UnresolvedReported {
    fn place(&self) -> Place {
        (self.fact, None)
    }
}
