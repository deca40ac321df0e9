//! The processor's objects: whose they are, and what waits until that is known.

use minicbor::{Decode, Encode};

use super::event::BillingEvent;
use crate::domain::fact::{Body, Fact};
use crate::domain::ids::{FactNumber, Owner};

/// What is known of one object at a payment processor.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Object {
    /// The last fact that was applied; kept before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// How many facts were applied.
    #[n(0)]
    pub facts: u64,
    /// Whose it is.
    #[n(1)]
    pub owner: Option<Owner>,
    /// What happened and waits for its owner to be known, or for one of two to be chosen.
    #[n(2)]
    pub waiting: Vec<BillingEvent>,
}

impl Object {
    /// Applies the fact of this number, unless it was applied before.
    pub fn apply(&mut self, number: FactNumber, fact: &Fact) {
        if self.last_fact.is_some_and(|last| last >= number) {
            return;
        }
        assert_eq!(
            self.last_fact, fact.previous,
            "fact {number} follows another fact than the object's last"
        );
        match &fact.body {
            Body::Linked { owner } => {
                self.owner = Some(owner.clone());
                self.waiting.clear();
            }
            Body::Waits { event } => self.waiting.push(event.clone()),
            _ => panic!("fact {number} is no fact about an object"),
        }
        self.last_fact = Some(number);
        self.facts = fact.ordinal;
    }
}
