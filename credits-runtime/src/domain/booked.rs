//! Booked frames: a frame of the journal with the numbers of its facts.

use std::ops::Deref;
use std::sync::Arc;

use super::body::Body;
use super::fact::{Fact, Frame, RecordId};
use super::hold::Held;
use super::ids::{FactNumber, HoldId, WalletId};
use super::numbers::Numbers;

/// A frame with the numbers of its facts.
#[derive(Clone, Debug)]
pub struct Booked {
    numbers: Numbers,
    frame: Arc<Frame>,
}

impl Deref for Booked {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

impl Booked {
    /// A frame whose facts have the first of these numbers.
    pub fn new(numbers: Numbers, frame: impl Into<Arc<Frame>>) -> Self {
        Self { numbers, frame: frame.into() }
    }

    /// The number of its first fact.
    pub fn first(&self) -> FactNumber {
        self.numbers.first()
    }

    /// The numbers from its first fact on.
    #[cfg(feature = "postgres")]
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// The number after its last one, in the sequence of its numbers.
    pub fn next(&self) -> FactNumber {
        self.number(self.frame.facts.len())
    }

    /// The facts with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (FactNumber, &Fact)> {
        self.frame.facts.iter().enumerate().map(|(place, fact)| (self.number(place), fact))
    }

    /// The fact of this number.
    pub fn fact(&self, number: FactNumber) -> Option<&Fact> {
        self.frame.facts.get(self.numbers.place(number)?)
    }

    /// The fact that is the outcome of the command. The other facts were due before it or follow from it.
    pub fn outcome(&self) -> Option<(FactNumber, &Fact)> {
        self.numbered().find(|(_, fact)| self.frame.is_outcome(fact))
    }

    /// The hold of this number, if the frame opened it in this wallet.
    pub fn held(&self, id: HoldId, wallet: &WalletId) -> Option<&Held> {
        match self.fact(id.0)? {
            Fact { body: Body::Held(held), record: RecordId::Wallet(of), .. } if of == wallet => Some(held),
            _ => None,
        }
    }

    /// Whether the frame gave this wallet the grant.
    pub fn gives(&self, grant: FactNumber, wallet: &WalletId) -> bool {
        self.fact(grant).is_some_and(|fact| {
            matches!(&fact.record, RecordId::Wallet(of) if of == wallet) && fact.body.gives().is_some()
        })
    }

    fn number(&self, place: usize) -> FactNumber {
        self.numbers.at(place)
    }
}
