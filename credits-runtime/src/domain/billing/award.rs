//! An award: the credits given under one id, and those taken back again.
//!
//! It does not know which awards are due, nor how takings are booked.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::terms::Length;
use crate::domain::amount::Amount;
use crate::domain::fact::Part;
use crate::domain::ids::{Asset, FactNumber, ObjectId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Gone;

/// The id of an award: credits are given under it once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AwardId {
    /// A trial's credits, once for a plan's name.
    #[n(0)]
    Trial(#[n(0)] String),
    /// The credits of a subscription's cycle.
    #[n(1)]
    Cycle {
        /// The subscription item.
        #[n(0)]
        item: ObjectId,
        /// When the cycle starts.
        #[n(1)]
        start: Timestamp,
        /// Its asset.
        #[n(2)]
        asset: Asset,
        /// Its length: plans of another length have cycles of their own.
        #[n(3)]
        every: Length,
    },
    /// The credits of a cycle beyond its start, because plans, items or quantities rose in it.
    #[n(2)]
    Rise {
        /// The subscription.
        #[n(0)]
        subscription: ObjectId,
        /// When the cycle starts.
        #[n(1)]
        start: Timestamp,
        /// Its asset.
        #[n(2)]
        asset: Asset,
        /// Its length.
        #[n(3)]
        every: Length,
    },
    /// A bonus with the first paid cycle, once for a plan's name.
    #[n(3)]
    SignupBonus(#[n(0)] String),
    /// A pack's credits, by the checkout that sold it, or by invoice and price: `in_1:price_boost`.
    #[n(4)]
    Pack(#[n(0)] ObjectId),
    /// A pack's bonus, under the same id as the pack.
    #[n(5)]
    PackBonus(#[n(0)] ObjectId),
}

/// The amount paid for an award, after discounts and without tax.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Basis {
    /// Minor units.
    #[n(0)]
    pub amount: i64,
    /// ISO 4217, in lower case.
    #[n(1)]
    pub currency: String,
}

/// The credits given under an award's id, and those taken back.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Award {
    /// The asset of its grants.
    #[n(0)]
    pub asset: Asset,
    /// The grants that it opened.
    #[n(1)]
    pub grants: Vec<FactNumber>,
    /// Credits given in all.
    #[n(2)]
    pub given: Amount,
    /// Takings, oldest first.
    #[n(3)]
    pub taken: Vec<Taking>,
    /// Expired and revoked credits of its grants.
    #[n(5)]
    pub gone: Vec<Gone>,
    /// The advance: credits of other awards, taken in place of credits of credited time that are gone; oldest first.
    #[n(4)]
    pub advance: Vec<Taking>,
    /// When its newest grant was given, by the ledger's time.
    #[n(6)]
    pub given_at: Option<Timestamp>,
    /// Whether it is closed: given once and for all, with nothing of it due any more.
    #[n(7)]
    pub is_closed: bool,
}

/// A part of the credits taken back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Taking {
    /// When, by the ledger's time.
    #[n(0)]
    pub at: Timestamp,
    /// The credits, and where they came from.
    #[n(1)]
    pub what: Taken,
}

/// Where taken credits came from: giving them back undoes the same.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Taken {
    /// Free credits of a grant.
    #[n(0)]
    Part(#[n(0)] Part),
    /// Credits that had expired or were revoked: they count as returned.
    #[n(1)]
    Gone(#[n(0)] Amount),
    /// Credits that are owed.
    #[n(2)]
    Owed(#[n(0)] Amount),
    /// Credits that were forgiven.
    #[n(3)]
    Left(#[n(0)] Amount),
}

impl Taking {
    /// Its credits.
    pub fn amount(&self) -> Amount {
        match &self.what {
            Taken::Part(part) => part.amount,
            Taken::Gone(amount) | Taken::Owed(amount) | Taken::Left(amount) => *amount,
        }
    }

    /// The same taking with another amount.
    pub(super) fn of(self, amount: Amount) -> Self {
        let what = match self.what {
            Taken::Part(part) => Taken::Part(Part { amount, ..part }),
            Taken::Gone(_) => Taken::Gone(amount),
            Taken::Owed(_) => Taken::Owed(amount),
            Taken::Left(_) => Taken::Left(amount),
        };
        Self { what, ..self }
    }
}

impl Award {
    /// Credits taken back in all.
    pub fn taken(&self) -> Amount {
        Amount::sum(self.taken.iter().map(Taking::amount))
    }

    /// Credits of its advance.
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
