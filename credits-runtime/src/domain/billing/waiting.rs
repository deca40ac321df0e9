//! The waiting room: events of unknown owners, and the number of events that were evicted without one.
//!
//! It does not know the owner of any object.

use minicbor::{Decode, Encode};

use super::event::BillingEvent;
use crate::domain::body::Body;
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::record::{Applied, Record};
use crate::domain::time::Timestamp;

/// Counters of waiting events. An event has the number of the fact that brought it, so the lowest number is
/// the oldest event.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct WaitingRoom {
    /// The last applied fact; stored before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// Number of applied facts.
    #[n(0)]
    pub facts: u64,
    /// Number of waiting events.
    #[n(1)]
    pub events: u64,
    /// Number of events evicted by newer ones, without those that an administrator dismissed.
    #[n(2)]
    pub gave_way: u64,
    /// When the first of them was evicted, by the ledger's time, or when earlier ones were dismissed.
    #[n(3)]
    pub gave_way_since: Option<Timestamp>,
}

/// A waiting event.
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
    /// The objects under which it waits.
    pub fn under(&self) -> impl Iterator<Item = &ObjectId> {
        self.event.objects.iter().filter(|id| !self.full.contains(id))
    }
}

impl Record for WaitingRoom {
    const NAME: &'static str = "waiting room";

    fn applied(&mut self) -> Applied<'_> {
        Applied { last_fact: &mut self.last_fact, facts: &mut self.facts }
    }

    fn change(&mut self, number: FactNumber, body: &Body) {
        match body {
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
    }
}
