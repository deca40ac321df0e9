//! Verification of the waiting room: replays its events, and compares their rows and index rows.
//!
//! It does not know the owners of objects.

use std::collections::BTreeMap;

use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::body::Body;
use crate::domain::fact::Fact;
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::record::Record;
use crate::engine::batch::waiting::event_hash;
use crate::engine::rows;
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
    pub(super) fn has(&self, found: &mut WaitingRows, key: &[u8], value: &[u8]) -> Result<bool, LedgerError> {
        if key == rows::WAITING_ROOM_KEY {
            found.room = rows::record_from_bytes::<WaitingRoom>(value)?;
            return Ok(found.room == self.room);
        }
        if let Some(event) = rows::waiting_event_from_key(key).and_then(|number| self.events.get(&number)) {
            found.events = found.events.saturating_add(1);
            return Ok(rows::encode(event) == value);
        }
        let listed = rows::waiting_from_key(key);
        let listed = listed.and_then(|(id, number)| Some((id, self.events.get(&number)?)));
        found.found_by = found.found_by.saturating_add(1);
        Ok(listed.is_some_and(|(id, event): (ObjectId, &WaitingEvent)| {
            event.under().any(|under| *under == id) && event_hash(&event.event) == *value
        }))
    }

    /// Whether no row is missing.
    pub(super) fn has_all(&self, found: &WaitingRows) -> bool {
        let found_by: usize = self.events.values().map(|event| event.under().count()).sum();
        found.room == self.room
            && self.room.events == self.events.len() as u64
            && (found.events, found.found_by) == (self.events.len(), found_by)
    }
}
