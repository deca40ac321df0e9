//! The waiting room in a batch: events of unknown owners, stored once each and indexed by their objects.
//!
//! The events of an object, and of the room, are limited. Beyond a limit the oldest event is dropped. It does not
//! know why an owner is unknown, or how freed events are booked.

use std::collections::{BTreeMap, HashMap};

use super::batch::Batch;
use super::header::FrameHeader;
use super::source::Source;
use crate::domain::billing::event::BillingEvent;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::body::Body;
use crate::domain::fact::{Fact, Kind, RecordId};
use crate::domain::fingerprint::{Fingerprint, Hash64};
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::engine::journal::cbor;
use crate::engine::tuning::ROWS_AT_ONCE;
use crate::error::LedgerError;

/// Events read at once to find the oldest one.
const OLDEST_READ: usize = 8;

/// The loaded waiting room of a batch, with its changes.
pub(crate) struct LoadedRoom {
    pub(crate) room: WaitingRoom,
    pub(crate) is_changed: bool,
    /// Events that the batch added.
    pub(crate) kept: BTreeMap<FactNumber, WaitingEvent>,
    /// Events that left in the batch.
    pub(crate) left: BTreeMap<FactNumber, WaitingEvent>,
    /// Stored events that the batch read.
    stored: BTreeMap<FactNumber, WaitingEvent>,
    /// The events under each object that the batch read, with their hashes.
    under: HashMap<ObjectId, BTreeMap<FactNumber, Hash64>>,
    /// Stored events up to this one have left.
    passed: Option<FactNumber>,
}

impl LoadedRoom {
    /// Applies a fact, and moves its event.
    pub(super) fn apply(&mut self, number: FactNumber, fact: &Fact) {
        if !self.room.apply(number, fact) {
            return;
        }
        self.is_changed = true;
        match &fact.body {
            Body::Waits { event, full } => {
                let waiting = WaitingEvent { event: event.clone(), full: full.clone() };
                let hash = event_hash(event);
                for id in waiting.under() {
                    self.list(id).insert(number, hash);
                }
                self.kept.insert(number, waiting);
            }
            Body::Freed { event } | Body::GaveWay { event, .. } => {
                let waiting = self.kept.remove(event).or_else(|| self.stored.remove(event));
                let Some(waiting) = waiting else {
                    panic!("fact {number} is about an event that does not wait")
                };
                for id in waiting.under() {
                    self.list(id).remove(event);
                }
                self.left.insert(*event, waiting);
            }
            _ => {}
        }
    }

    fn list(&mut self, id: &ObjectId) -> &mut BTreeMap<FactNumber, Hash64> {
        match self.under.get_mut(id) {
            Some(list) => list,
            None => panic!("the events under an object are used that were not loaded"),
        }
    }
}

impl<S: Source> Batch<'_, S> {
    /// Stores an event until its owner is known, unless it waits already or has no objects.
    pub(super) fn wait(&mut self, event: &BillingEvent, now: Timestamp) -> Result<(), S::Error> {
        let Some(own) = event.objects.first() else { return Ok(()) };
        let hash = event_hash(event);
        for id in &event.objects {
            self.load_waiting_under(id)?;
            let alike = self.room().under.get(id).into_iter().flatten();
            let alike: Vec<_> =
                alike.filter(|(_, known)| **known == hash).map(|(number, _)| *number).collect();
            for number in alike {
                if self.waiting_event(number)?.event == *event {
                    return Ok(());
                }
            }
        }
        if !event.objects.iter().any(|id| self.has_room(id)) {
            let oldest = self.room().under.get(own).and_then(|list| list.keys().next().copied());
            self.give_way(oldest, own.as_str(), now)?;
        } else if self.room().room.events >= self.waiting_max.in_all {
            let oldest = self.oldest_waiting()?;
            self.give_way(oldest, "all objects", now)?;
        }
        let full = event.objects.iter().filter(|id| !self.has_room(id)).cloned().collect();
        let body = Body::Waits { event: event.clone(), full };
        self.book(FrameHeader::internal(Kind::Bill), [(RecordId::WaitingRoom, body)], now);
        Ok(())
    }

    /// The events that wait for the owner of an object, with their numbers: those in its index, and those for which
    /// its index had no room.
    pub(super) fn waiting_for(&mut self, id: &ObjectId) -> Result<Vec<(FactNumber, BillingEvent)>, S::Error> {
        self.load_waiting_under(id)?;
        let mut numbers: Vec<FactNumber> =
            self.room().under.get(id).into_iter().flat_map(BTreeMap::keys).copied().collect();
        if numbers.len() >= self.waiting_max.of_object {
            numbers.extend(self.kept_out_of(id)?);
        }
        numbers.into_iter().map(|number| Ok((number, self.waiting_event(number)?.event.clone()))).collect()
    }

    /// Loads the rows that change when the event of this number leaves.
    pub(super) fn load_waiting_event(&mut self, number: FactNumber) -> Result<(), S::Error> {
        let ids: Vec<ObjectId> = self.waiting_event(number)?.under().cloned().collect();
        ids.iter().try_for_each(|id| self.load_waiting_under(id))
    }

    pub(super) fn load_room(&mut self) -> Result<(), S::Error> {
        if self.waiting.is_none() {
            self.waiting = Some(Box::new(LoadedRoom {
                room: self.source.waiting_room()?,
                is_changed: false,
                kept: BTreeMap::new(),
                left: BTreeMap::new(),
                stored: BTreeMap::new(),
                under: HashMap::new(),
                passed: None,
            }));
        }
        Ok(())
    }

    /// Loads the rows that a replayed fact changes, unless they already have the fact.
    pub(super) fn load_replayed_room(&mut self, number: FactNumber, fact: &Fact) -> Result<(), S::Error> {
        self.load_room()?;
        if self.room().room.last_fact >= Some(number) {
            return Ok(());
        }
        match &fact.body {
            Body::Waits { event, full } => {
                let waiting = WaitingEvent { event: event.clone(), full: full.clone() };
                waiting.under().try_for_each(|id| self.load_waiting_under(id))
            }
            Body::Freed { event } | Body::GaveWay { event, .. } => self.load_waiting_event(*event),
            _ => Ok(()),
        }
    }

    pub(super) fn room(&self) -> &LoadedRoom {
        match &self.waiting {
            Some(loaded) => loaded,
            None => panic!("the waiting room is used that was not loaded"),
        }
    }

    pub(super) fn room_mut(&mut self) -> &mut LoadedRoom {
        match &mut self.waiting {
            Some(loaded) => loaded,
            None => panic!("the waiting room is changed that was not loaded"),
        }
    }

    fn has_room(&self, id: &ObjectId) -> bool {
        self.room().under.get(id).is_none_or(|list| list.len() < self.waiting_max.of_object)
    }

    fn give_way(&mut self, oldest: Option<FactNumber>, of: &str, now: Timestamp) -> Result<(), S::Error> {
        let Some(event) = oldest else { return Ok(()) };
        self.load_waiting_event(event)?;
        tracing::warn!(of, "too many billing events wait for an owner: the oldest gives way");
        let body = Body::GaveWay { event, at: now };
        self.book(FrameHeader::internal(Kind::Bill), [(RecordId::WaitingRoom, body)], now);
        Ok(())
    }

    /// Removes a number of dropped events from the list for attention, if the list began at `since` and has as many.
    pub(super) fn dismiss_gave_way(
        &mut self,
        count: u64,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), S::Error> {
        self.load_room()?;
        let room = &self.room().room;
        if room.gave_way_since == Some(since) && room.gave_way >= count {
            let body = Body::GaveWayDismissed { count, at: now };
            self.book(FrameHeader::internal(Kind::Bill), [(RecordId::WaitingRoom, body)], now);
        }
        Ok(())
    }

    fn load_waiting_under(&mut self, id: &ObjectId) -> Result<(), S::Error> {
        self.load_room()?;
        if self.room().under.contains_key(id) {
            return Ok(());
        }
        let list = self.source.waiting_under(id)?;
        self.room_mut().under.insert(id.clone(), list);
        Ok(())
    }

    fn waiting_event(&mut self, number: FactNumber) -> Result<&WaitingEvent, S::Error> {
        self.load_room()?;
        let missing = || LedgerError::damaged(format!("the waiting event {number} is missing"));
        let room = self.room();
        if !room.kept.contains_key(&number) && !room.stored.contains_key(&number) {
            let event = self.source.waiting_event(number)?.ok_or_else(missing)?;
            self.room_mut().stored.insert(number, event);
        }
        let room = self.room();
        Ok(room.kept.get(&number).or_else(|| room.stored.get(&number)).ok_or_else(missing)?)
    }

    /// The oldest waiting event.
    fn oldest_waiting(&mut self) -> Result<Option<FactNumber>, S::Error> {
        loop {
            let events = self.source.waiting_events(self.room().passed, OLDEST_READ)?;
            for (number, _) in &events {
                if !self.room().left.contains_key(number) {
                    return Ok(Some(*number));
                }
                self.room_mut().passed = Some(*number);
            }
            if events.len() < OLDEST_READ {
                return Ok(self.room().kept.keys().next().copied());
            }
        }
    }

    /// The events for which an object's index had no room. Reads every waiting event, because no index row names
    /// them.
    fn kept_out_of(&mut self, id: &ObjectId) -> Result<Vec<FactNumber>, S::Error> {
        let (mut numbers, mut after) = (Vec::new(), None);
        loop {
            let events = self.source.waiting_events(after, ROWS_AT_ONCE)?;
            let full = events.iter().filter(|(_, waiting)| waiting.full.contains(id));
            let numbers_here = full.map(|(number, _)| *number);
            numbers.extend(numbers_here.filter(|number| !self.room().left.contains_key(number)));
            after = events.last().map(|(number, _)| *number);
            if events.len() < ROWS_AT_ONCE {
                break;
            }
        }
        let kept = self.room().kept.iter().filter(|(_, waiting)| waiting.full.contains(id));
        numbers.extend(kept.map(|(number, _)| *number));
        Ok(numbers)
    }
}

/// The hash by which an object's index finds an equal event.
pub(crate) fn event_hash(event: &BillingEvent) -> Hash64 {
    Fingerprint::default().field(&cbor::encode(event)).short_hash()
}
