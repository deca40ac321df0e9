//! The frames of one batch: encoded one after another as the journal has them. Whoever asked for one decodes it, on a
//! thread of its own.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::journal::Numbered;
use super::packed;
use crate::domain::fact::Frame;
use crate::domain::ids::FactNumber;
use crate::domain::limits::FRAME_BYTES_MAX;
use crate::error::LedgerError;

/// Buffers of earlier batches that are kept to be used again, once nobody reads in them any more.
const PAST_BATCHES: usize = 4;

/// The frames of one batch.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// The first fact of each, and where it begins.
    places: Vec<(FactNumber, usize)>,
    /// All of them, once there are no more: to be given to those who asked.
    pub(crate) all: Arc<Vec<u8>>,
    past: VecDeque<Arc<Vec<u8>>>,
}

/// Where a frame is among those of its batch.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) first: FactNumber,
    bytes: Range<usize>,
}

/// A frame that can be decoded.
#[derive(Debug)]
pub(crate) struct Encoded {
    first: FactNumber,
    bytes: Range<usize>,
    all: Arc<Vec<u8>>,
}

impl Frames {
    /// None, in buffers that were used before.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.bytes.clear();
        self.all = Arc::default();
        if self.past.len() >= PAST_BATCHES {
            self.bytes = self.past.pop_front().and_then(Arc::into_inner).unwrap_or_default();
            self.bytes.clear();
        }
    }

    /// Bytes of all frames, until the batch is sealed.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// One more; answers where it is.
    pub(crate) fn push(&mut self, first: FactNumber, frame: &Frame) -> Place {
        let start = self.bytes.len();
        packed::frame::write(frame, &mut self.bytes);
        let bytes = start..self.bytes.len();
        assert!(bytes.len() <= FRAME_BYTES_MAX, "a frame of {} bytes is over its limit", bytes.len());
        self.places.push((first, start));
        Place { first, bytes }
    }

    /// What a frame is encoded as.
    pub(crate) fn bytes(&self, place: &Place) -> &[u8] {
        self.bytes.get(place.bytes.clone()).unwrap_or_default()
    }

    /// The last one.
    pub(crate) fn last(&self) -> Option<Place> {
        let (first, start) = self.places.last()?;
        Some(Place { first: *first, bytes: *start..self.bytes.len() })
    }

    /// The frame that has this fact, if it is one of the batch's that begin no later.
    pub(crate) fn frame(&self, number: FactNumber) -> Result<Option<Numbered>, LedgerError> {
        let after = self.places.partition_point(|(first, _)| *first <= number);
        let Some((first, start)) = after.checked_sub(1).and_then(|place| self.places.get(place)) else {
            return Ok(None);
        };
        let bytes = if self.bytes.is_empty() { &self.all[..] } else { &self.bytes };
        let end = self.places.get(after).map_or(bytes.len(), |(_, start)| *start);
        decoded(*first, bytes.get(*start..end)).map(Some)
    }

    /// There are no more.
    pub(crate) fn seal(&mut self) {
        self.all = Arc::new(std::mem::take(&mut self.bytes));
        self.past.push_back(Arc::clone(&self.all));
    }
}

impl Encoded {
    /// The frame at this place.
    pub(crate) fn of(place: Place, all: &Arc<Vec<u8>>) -> Self {
        let Place { first, bytes } = place;
        Self { first, bytes, all: Arc::clone(all) }
    }

    /// Decodes it.
    pub(crate) fn decode(self) -> Result<Numbered, LedgerError> {
        decoded(self.first, self.all.get(self.bytes))
    }
}

fn decoded(first: FactNumber, bytes: Option<&[u8]>) -> Result<Numbered, LedgerError> {
    let missing = || LedgerError::damaged(format!("the frame of fact {first} is missing"));
    let frame = bytes.and_then(|mut bytes| packed::frame::read(&mut bytes)).ok_or_else(missing)?;
    Ok((first, Arc::new(frame)))
}
