//! The waiting room: events of unknown owners, and the count of those that left it without one.
//!
//! It does not know the owner of any object.

use minicbor::{Decode, Encode};

use super::event::BillingEvent;
use crate::domain::fact::{Body, Fact};
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::time::Timestamp;

/// Counts of the waiting events. An event's number is that of the fact which it came with, so that the lowest is the
/// oldest.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct WaitingRoom {
    /// The last fact that was applied; kept before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// How many facts were applied.
    #[n(0)]
    pub facts: u64,
    /// How many events wait.
    #[n(1)]
    pub events: u64,
    /// How many gave way to newer events, without those that an administrator dismissed.
    #[n(2)]
    pub gave_way: u64,
    /// When the first of them gave way, by the ledger's time, or when earlier ones were dismissed.
    #[n(3)]
    pub gave_way_since: Option<Timestamp>,
}

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WaitingEvent {
    /// The event.
    #[n(0)]
    pub event: BillingEvent,
    /// Its objects that had no room for it.
    #[n(1)]
    pub full: Vec<ObjectId>,
}

impl WaitingEvent {
    /// The objects that it waits under.
    pub fn under(&self) -> impl Iterator<Item = &ObjectId> {
        self.event.objects.iter().filter(|id| !self.full.contains(id))
    }
}

impl WaitingRoom {
    /// Applies the fact of this number, unless it was applied before; returns whether it was new.
    pub fn apply(&mut self, number: FactNumber, fact: &Fact) -> bool {
        if self.last_fact.is_some_and(|last| last >= number) {
            return false;
        }
        assert_eq!(self.last_fact, fact.previous, "fact {number} follows another fact than the room's last");
        match &fact.body {
            Body::Waits { .. } => self.events = self.events.saturating_add(1),
            Body::Freed { .. } => self.events = self.events.saturating_sub(1),
            Body::GaveWay { at, .. } => {
                self.events = self.events.saturating_sub(1);
                self.gave_way = self.gave_way.saturating_add(1);
                self.gave_way_since.get_or_insert(*at);
            }
            Body::GaveWayDismissed { count, at } => {
                self.gave_way = self.gave_way.saturating_sub(*count);
                self.gave_way_since = (self.gave_way > 0).then_some(*at);
            }
            _ => panic!("fact {number} is no fact about the waiting room"),
        }
        self.last_fact = Some(number);
        self.facts = fact.ordinal;
        true
    }
}
