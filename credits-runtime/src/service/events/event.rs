//! What can be told: one type for each kind of event.

use std::fmt;

use serde::Serialize;

use crate::domain::amount::Amount;
use crate::domain::ids::{FactNumber, HoldId, Owner};
use crate::domain::time::Timestamp;
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
