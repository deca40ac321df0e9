//! The waiting room within a batch: events of unknown owners, kept once each and found by their objects.
//!
//! An object keeps a limited number of events, and the room keeps a limited number in all. Where there is no room the
//! oldest event gives way. It does not know why an owner is unknown, nor how freed events are booked.

use std::collections::{BTreeMap, HashMap};

use super::codec;
use super::described::Described;
use super::overlay::Batch;
use super::store::Snapshot;
use crate::domain::billing::event::BillingEvent;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::fact::{Body, Fact, Kind, Record};
use crate::domain::fingerprint::{Fingerprint, Hash64};
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::limits::{WAITING_EVENTS_IN_ALL_MAX, WAITING_EVENTS_MAX};
use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// Rows in one read.
const ROWS_MAX: usize = 256;

/// Limits of the waiting events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitingMax {
    /// Under one object.
    pub(crate) of_object: usize,
    /// In all.
    pub(crate) in_all: u64,
}

impl WaitingMax {
    pub(crate) const USUAL: Self = Self { of_object: WAITING_EVENTS_MAX, in_all: WAITING_EVENTS_IN_ALL_MAX };

    /// Limits that a short test reaches.
    #[cfg(feature = "testing")]
    pub(crate) const NARROW: Self = Self { of_object: 20, in_all: 50 };
}

/// The waiting room as the batch has it.
pub(super) struct LoadedRoom {
    pub(super) room: WaitingRoom,
    pub(super) changed: bool,
    /// Events that the batch added.
    pub(super) kept: BTreeMap<FactNumber, WaitingEvent>,
    /// Events that left in the batch.
    pub(super) left: BTreeMap<FactNumber, WaitingEvent>,
    /// Stored events that the batch read.
    stored: BTreeMap<FactNumber, WaitingEvent>,
    /// The events under each object that the batch read, with their hashes.
    under: HashMap<ObjectId, BTreeMap<FactNumber, Hash64>>,
    /// The stored events up to this one have left.
    passed: Option<FactNumber>,
}

impl LoadedRoom {
    /// Applies a fact, and moves its event.
    pub(super) fn apply(&mut self, number: FactNumber, fact: &Fact) {
        if !self.room.apply(number, fact) {
            return;
        }
        self.changed = true;
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

impl Batch<'_> {
    /// Keeps an event until its owner is known; not again if it waits already, and not at all if it has no objects.
    pub(super) fn wait(&mut self, event: &BillingEvent, now: Timestamp) -> Result<(), LedgerError> {
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
        self.book(Described::own(Kind::Bill), [(Record::WaitingRoom, body)], now);
        Ok(())
    }

    /// The events that wait for the owner of an object, with their numbers: those under it, and those for which it had
    /// no room.
    pub(super) fn waiting_for(
        &mut self,
        id: &ObjectId,
    ) -> Result<Vec<(FactNumber, BillingEvent)>, LedgerError> {
        self.load_waiting_under(id)?;
        let mut numbers: Vec<FactNumber> =
            self.room().under.get(id).into_iter().flat_map(BTreeMap::keys).copied().collect();
        if numbers.len() >= self.waiting_max.of_object {
            numbers.extend(self.kept_out_of(id)?);
        }
        numbers.into_iter().map(|number| Ok((number, self.waiting_event(number)?.event.clone()))).collect()
    }

    /// Loads the rows that change when the event of this number leaves.
    pub(super) fn load_waiting_event(&mut self, number: FactNumber) -> Result<(), LedgerError> {
        let ids: Vec<ObjectId> = self.waiting_event(number)?.under().cloned().collect();
        ids.iter().try_for_each(|id| self.load_waiting_under(id))
    }

    pub(super) fn load_room(&mut self) -> Result<(), LedgerError> {
        if self.waiting.is_none() {
            self.waiting = Some(Box::new(LoadedRoom {
                room: stored_room(self.snapshot()?)?,
                changed: false,
                kept: BTreeMap::new(),
                left: BTreeMap::new(),
                stored: BTreeMap::new(),
                under: HashMap::new(),
                passed: None,
            }));
        }
        Ok(())
    }

    /// Loads the rows that a replayed fact changes, unless they have it.
    pub(super) fn load_replayed_room(&mut self, number: FactNumber, fact: &Fact) -> Result<(), LedgerError> {
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

    fn give_way(&mut self, oldest: Option<FactNumber>, of: &str, now: Timestamp) -> Result<(), LedgerError> {
        let Some(event) = oldest else { return Ok(()) };
        self.load_waiting_event(event)?;
        tracing::warn!(of, "too many billing events wait for an owner: the oldest gives way");
        let body = Body::GaveWay { event, at: now };
        self.book(Described::own(Kind::Bill), [(Record::WaitingRoom, body)], now);
        Ok(())
    }

    /// Takes a number of events that gave way off the list, if the list began at `since` and has at least as many.
    pub(super) fn dismiss_gave_way(
        &mut self,
        count: u64,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.load_room()?;
        let room = &self.room().room;
        if room.gave_way_since == Some(since) && room.gave_way >= count {
            let body = Body::GaveWayDismissed { count, at: now };
            self.book(Described::own(Kind::Bill), [(Record::WaitingRoom, body)], now);
        }
        Ok(())
    }

    fn load_waiting_under(&mut self, id: &ObjectId) -> Result<(), LedgerError> {
        self.load_room()?;
        if self.room().under.contains_key(id) {
            return Ok(());
        }
        let (from, to) = codec::waiting_keys(id);
        let rows = self.snapshot()?.view_rows((&from, &to), None, usize::MAX)?;
        let mut list = BTreeMap::new();
        for row in rows {
            let (_, number) = codec::waiting_from_key(&row.key).ok_or_else(unreadable)?;
            list.insert(number, row.value.try_into().map_err(|_| unreadable())?);
        }
        self.room_mut().under.insert(id.clone(), list);
        Ok(())
    }

    fn waiting_event(&mut self, number: FactNumber) -> Result<&WaitingEvent, LedgerError> {
        self.load_room()?;
        let room = self.room();
        if !room.kept.contains_key(&number) && !room.stored.contains_key(&number) {
            let row = self.snapshot()?.view(&codec::waiting_event_key(number))?.ok_or_else(unreadable)?;
            self.room_mut().stored.insert(number, codec::decode(&row)?);
        }
        let room = self.room();
        room.kept.get(&number).or_else(|| room.stored.get(&number)).ok_or_else(unreadable)
    }

    /// The oldest event that waits.
    fn oldest_waiting(&mut self) -> Result<Option<FactNumber>, LedgerError> {
        let (from, to) = codec::WAITING_EVENT_KEYS;
        loop {
            let after = self.room().passed.map(codec::waiting_event_key);
            let keys = self.snapshot()?.view_keys((from, to), after.as_deref(), ROWS_MAX)?;
            for key in &keys {
                let number = codec::waiting_event_from_key(key).ok_or_else(unreadable)?;
                if !self.room().left.contains_key(&number) {
                    return Ok(Some(number));
                }
                self.room_mut().passed = Some(number);
            }
            if keys.len() < ROWS_MAX {
                return Ok(self.room().kept.keys().next().copied());
            }
        }
    }

    /// The events for which an object had no room. It reads every waiting event, because no row of the object names
    /// them.
    fn kept_out_of(&mut self, id: &ObjectId) -> Result<Vec<FactNumber>, LedgerError> {
        let (mut numbers, mut after): (Vec<FactNumber>, Option<Vec<u8>>) = (Vec::new(), None);
        let range = codec::WAITING_EVENT_KEYS;
        loop {
            let rows = self.snapshot()?.view_rows(range, after.as_deref(), ROWS_MAX)?;
            for row in &rows {
                let number = codec::waiting_event_from_key(&row.key).ok_or_else(unreadable)?;
                let waiting: WaitingEvent = codec::decode(&row.value)?;
                if waiting.full.contains(id) && !self.room().left.contains_key(&number) {
                    numbers.push(number);
                }
            }
            after = rows.last().map(|row| row.key.clone());
            if rows.len() < ROWS_MAX {
                break;
            }
        }
        let kept = self.room().kept.iter().filter(|(_, waiting)| waiting.full.contains(id));
        numbers.extend(kept.map(|(number, _)| *number));
        Ok(numbers)
    }
}

/// Hash to find an event that already waits under an object.
pub(super) fn event_hash(event: &BillingEvent) -> Hash64 {
    Fingerprint::default().field(&codec::encode(event)).short_hash()
}

/// The waiting room in a snapshot.
pub(crate) fn stored_room(snapshot: &Snapshot) -> Result<WaitingRoom, LedgerError> {
    match snapshot.view(codec::WAITING_ROOM_KEY)? {
        None => Ok(WaitingRoom::default()),
        Some(row) => codec::room_from_bytes(&row),
    }
}

fn unreadable() -> LedgerError {
    LedgerError::damaged("a row of an event that waits cannot be read")
}
