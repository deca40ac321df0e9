//! An award: what was given under an id, and what was taken back of it.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::terms::Length;
use crate::domain::amount::Amount;
use crate::domain::fact::Part;
use crate::domain::ids::{Asset, FactNumber, ObjectId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Gone;

/// What is awarded once.
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
    /// What a cycle gives beyond its start, because plans, items or quantities rose in it.
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
    /// What a pack gave on top.
    #[n(5)]
    PackBonus(#[n(0)] ObjectId),
}

/// What was paid for what was given, after discounts and without tax.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Basis {
    /// Minor units.
    #[n(0)]
    pub amount: i64,
    /// ISO 4217, in lower case.
    #[n(1)]
    pub currency: String,
}

/// What was given for an award, and taken back of it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Award {
    /// Of which asset.
    #[n(0)]
    pub asset: Asset,
    /// The grants that it opened.
    #[n(1)]
    pub grants: Vec<FactNumber>,
    /// All that was given.
    #[n(2)]
    pub given: Amount,
    /// What was taken back, in the order of the taking.
    #[n(3)]
    pub taken: Vec<Taking>,
    /// What is gone of its grants without being used.
    #[n(5)]
    pub gone: Vec<Gone>,
    /// What of other awards makes up for credited time whose credits are gone, in the order of the taking.
    #[n(4)]
    pub advance: Vec<Taking>,
    /// When the newest of its grants was given, by the ledger's time.
    #[n(6)]
    pub given_at: Option<Timestamp>,
    /// Whether it is closed: it was given, and nothing of it is due.
    #[n(7)]
    pub is_closed: bool,
}

/// A part of what was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Taking {
    /// When.
    #[n(0)]
    pub at: Timestamp,
    /// What.
    #[n(1)]
    pub what: Taken,
}

/// What was taken back, and so what giving it back is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Taken {
    /// Free credits of a grant.
    #[n(0)]
    Part(#[n(0)] Part),
    /// Nothing: it had expired or was revoked.
    #[n(1)]
    Gone(#[n(0)] Amount),
    /// It is owed.
    #[n(2)]
    Owed(#[n(0)] Amount),
    /// It was left or forgiven.
    #[n(3)]
    Left(#[n(0)] Amount),
}

impl Taking {
    /// How much.
    pub fn amount(&self) -> Amount {
        match &self.what {
            Taken::Part(part) => part.amount,
            Taken::Gone(amount) | Taken::Owed(amount) | Taken::Left(amount) => *amount,
        }
    }

    /// The same of another amount.
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
    /// What was taken back of it.
    pub fn taken(&self) -> Amount {
        Amount::sum(self.taken.iter().map(Taking::amount))
    }

    /// What of other awards makes up for what is gone of it.
    pub fn advance(&self) -> Amount {
        Amount::sum(self.advance.iter().map(Taking::amount))
    }

    /// Takes so much off the end of what was taken back, newest first.
    pub(super) fn return_taken(&mut self, amount: Amount) -> Vec<Taking> {
        take_off(&mut self.taken, amount)
    }

    /// Takes so much off the end of what makes up for it, newest first.
    pub(super) fn return_advance(&mut self, amount: Amount) -> Vec<Taking> {
        take_off(&mut self.advance, amount)
    }
}

/// Takes so much off the end of a list of takings.
fn take_off(takings: &mut Vec<Taking>, amount: Amount) -> Vec<Taking> {
    let mut missing = amount;
    let mut off = Vec::new();
    while missing.is_positive() {
        let Some(last) = takings.pop() else { break };
        let part = last.amount().min(missing);
        if part < last.amount() {
            takings.push(last.clone().of(last.amount().minus(part)));
        }
        off.push(last.of(part));
        missing = missing.minus(part);
    }
    off
}
