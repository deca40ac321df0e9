//! Verification of the waiting room: derives its events, and the rows by which they are found, from the journal again.
//!
//! It does not know the owners of objects.

use std::collections::BTreeMap;

use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::fact::{Body, Fact};
use crate::domain::ids::{FactNumber, ObjectId};
use crate::engine::codec;
use crate::engine::waiting::event_hash;
use crate::error::LedgerError;

/// The waiting room as the journal leads to it.
#[derive(Default)]
pub(super) struct WaitingAudit {
    room: WaitingRoom,
    events: BTreeMap<FactNumber, WaitingEvent>,
}

/// The waiting room in the views: its row, and counts of the rows that were checked.
#[derive(Default)]
pub(super) struct WaitingRows {
    room: WaitingRoom,
    events: usize,
    found_by: usize,
}

impl WaitingAudit {
    pub(super) fn add(&mut self, number: FactNumber, fact: &Fact) -> Result<(), LedgerError> {
        self.room.apply(number, fact);
        match &fact.body {
            Body::Waits { event, full } => {
                let waiting = WaitingEvent { event: event.clone(), full: full.clone() };
                self.events.insert(number, waiting);
            }
            Body::GaveWayDismissed { .. } => {}
            Body::Freed { event } | Body::GaveWay { event, .. } if self.events.remove(event).is_some() => {}
            _ => {
                let message = format!("fact {number} is about an event that does not wait");
                return Err(LedgerError::damaged(message));
            }
        }
        Ok(())
    }

    /// Checks a row of the views against the journal, and counts it.
    pub(super) fn has(&self, rows: &mut WaitingRows, key: &[u8], value: &[u8]) -> Result<bool, LedgerError> {
        if key == codec::WAITING_ROOM_KEY {
            rows.room = codec::room_from_bytes(value)?;
            return Ok(rows.room == self.room);
        }
        if let Some(event) = codec::waiting_event_from_key(key).and_then(|number| self.events.get(&number)) {
            rows.events = rows.events.saturating_add(1);
            return Ok(codec::encode(event) == value);
        }
        let found = codec::waiting_from_key(key);
        let found = found.and_then(|(id, number)| Some((id, self.events.get(&number)?)));
        rows.found_by = rows.found_by.saturating_add(1);
        Ok(found.is_some_and(|(id, event): (ObjectId, &WaitingEvent)| {
            event.under().any(|under| *under == id) && event_hash(&event.event) == *value
        }))
    }

    /// Whether no row is missing.
    pub(super) fn has_all(&self, rows: &WaitingRows) -> bool {
        let found_by: usize = self.events.values().map(|event| event.under().count()).sum();
        rows.room == self.room
            && self.room.events == self.events.len() as u64
            && (rows.events, rows.found_by) == (self.events.len(), found_by)
    }
}
