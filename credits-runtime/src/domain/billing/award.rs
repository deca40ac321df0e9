//! Awards: the credits given under one id, and those taken back.
//!
//! It does not know which awards are due, nor how takings are booked.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::terms::Length;
use crate::domain::amount::Amount;
use crate::domain::grant::Part;
use crate::domain::ids::{Asset, FactNumber, ObjectId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Forfeited;

/// The id of an award. The credits of one id are given once, however often its events arrive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AwardId {
    /// Credits of a trial, once per owner and plan name.
    #[n(0)]
    Trial(#[n(0)] String),
    /// The credits of a subscription's cycle.
    #[n(1)]
    Cycle {
        /// The subscription item.
        #[n(0)]
        item: ObjectId,
        /// Start of the cycle.
        #[n(1)]
        start: Timestamp,
        /// Asset of the cycle.
        #[n(2)]
        asset: Asset,
        /// Length of the cycle. Plans with another length have cycles of their own.
        #[n(3)]
        every: Length,
    },
    /// Credits added to a cycle because plans, items or quantities rose within it.
    #[n(2)]
    Rise {
        /// The subscription.
        #[n(0)]
        subscription: ObjectId,
        /// Start of the cycle.
        #[n(1)]
        start: Timestamp,
        /// Asset of the cycle.
        #[n(2)]
        asset: Asset,
        /// Length of the cycle.
        #[n(3)]
        every: Length,
    },
    /// A signup bonus, given with the first paid cycle, once per owner and plan name.
    #[n(3)]
    SignupBonus(#[n(0)] String),
    /// Credits of a pack, by its checkout, or by invoice and price: `in_1:price_boost`.
    #[n(4)]
    Pack(#[n(0)] ObjectId),
    /// Bonus of a pack, under the pack's id.
    #[n(5)]
    PackBonus(#[n(0)] ObjectId),
}

/// The amount paid for an award, after discounts and without tax.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Basis {
    /// Amount in minor units.
    #[n(0)]
    pub amount: i64,
    /// ISO 4217 code, in lower case.
    #[n(1)]
    pub currency: String,
}

/// The credits given under an award's id, and those taken back.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Award {
    /// The asset of its grants.
    #[n(0)]
    pub asset: Asset,
    /// Grants opened for the award.
    #[n(1)]
    pub grants: Vec<FactNumber>,
    /// Credits given in total.
    #[n(2)]
    pub given: Amount,
    /// Takings, oldest first.
    #[n(3)]
    pub taken: Vec<Taking>,
    /// Expired and revoked credits of its grants.
    #[n(5)]
    pub forfeited: Vec<Forfeited>,
    /// The advance: credits taken from other awards in place of credited ones that were spent or moved;
    /// oldest first.
    #[n(4)]
    pub advance: Vec<Taking>,
    /// When the newest grant was given, by the ledger's time.
    #[n(6)]
    pub given_at: Option<Timestamp>,
    /// Whether the award is closed: nothing more is given or taken under its id.
    #[n(7)]
    pub is_closed: bool,
}

/// A part of the credits taken back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Taking {
    /// When they were taken, by the ledger's time.
    #[n(0)]
    pub at: Timestamp,
    /// The credits and their source.
    #[n(1)]
    pub what: Taken,
}

/// The source of taken credits. Giving them back reverses the same step.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Taken {
    /// Free credits of a grant.
    #[n(0)]
    Part(#[n(0)] Part),
    /// Credits that had expired or been revoked; they count as returned.
    #[n(1)]
    Forfeited(#[n(0)] Amount),
    /// Credits that became debt.
    #[n(2)]
    Owed(#[n(0)] Amount),
    /// Credits that were forgiven.
    #[n(3)]
    Left(#[n(0)] Amount),
}

impl Taking {
    /// The credits taken.
    pub fn amount(&self) -> Amount {
        match &self.what {
            Taken::Part(part) => part.amount,
            Taken::Forfeited(amount) | Taken::Owed(amount) | Taken::Left(amount) => *amount,
        }
    }

    /// The same taking with another amount.
    pub(super) fn of(self, amount: Amount) -> Self {
        let what = match self.what {
            Taken::Part(part) => Taken::Part(Part { amount, ..part }),
            Taken::Forfeited(_) => Taken::Forfeited(amount),
            Taken::Owed(_) => Taken::Owed(amount),
            Taken::Left(_) => Taken::Left(amount),
        };
        Self { what, ..self }
    }
}

impl Award {
    /// Credits taken back in total.
    pub fn taken(&self) -> Amount {
        Amount::sum(self.taken.iter().map(Taking::amount))
    }

    /// Credits of the advance.
    pub fn advance(&self) -> Amount {
        Amount::sum(self.advance.iter().map(Taking::amount))
    }

    /// Removes an amount from its takings, newest first, and returns the removed ones.
    pub(super) fn return_taken(&mut self, amount: Amount) -> Vec<Taking> {
        remove_newest(&mut self.taken, amount)
    }

    /// Removes an amount from its advance, newest first, and returns the removed takings.
    pub(super) fn return_advance(&mut self, amount: Amount) -> Vec<Taking> {
        remove_newest(&mut self.advance, amount)
    }
}

/// Removes an amount from the end of a list of takings. A taking that is larger than the rest is split.
fn remove_newest(takings: &mut Vec<Taking>, amount: Amount) -> Vec<Taking> {
    let mut missing = amount;
    let mut removed = Vec::new();
    while missing.is_positive() {
        let Some(last) = takings.pop() else { break };
        let part = last.amount().min(missing);
        if part < last.amount() {
            takings.push(last.clone().of(last.amount().minus(part)));
        }
        removed.push(last.of(part));
        missing = missing.minus(part);
    }
    removed
}
