//! The encoded frames of one batch, in the order of the journal. A caller decodes its frame on its own thread.

use std::ops::Range;
use std::sync::Arc;

use crate::domain::booked::Booked;
use crate::domain::fact::Frame;
use crate::domain::ids::FactNumber;
use crate::domain::limits::FRAME_BYTES_MAX;
use crate::domain::numbers::Numbers;
use crate::engine::journal::frame;
use crate::error::LedgerError;

/// The frames of one batch.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// The numbers from each frame on, and its offset.
    starts: Vec<(Numbers, usize)>,
}

/// The range of a frame in the bytes of its batch.
#[derive(Clone, Debug)]
pub(crate) struct FrameRange {
    pub(crate) numbers: Numbers,
    bytes: Range<usize>,
}

/// A frame of a committed batch.
#[derive(Debug)]
pub(crate) struct EncodedFrame {
    range: FrameRange,
    frames: Arc<Vec<u8>>,
}

impl Frames {
    /// Bytes of all frames.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The number of frames.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// Appends a frame whose facts have the first of these numbers.
    pub(crate) fn push(&mut self, numbers: Numbers, frame: &Frame) -> FrameRange {
        let start = self.bytes.len();
        frame::write(frame, &mut self.bytes);
        let bytes = start..self.bytes.len();
        assert!(bytes.len() <= FRAME_BYTES_MAX, "a frame of {} bytes is over its limit", bytes.len());
        self.starts.push((numbers, start));
        FrameRange { numbers, bytes }
    }

    /// The encoded frame.
    pub(crate) fn bytes(&self, range: &FrameRange) -> &[u8] {
        self.bytes.get(range.bytes.clone()).unwrap_or_default()
    }

    /// The range of the last frame.
    pub(crate) fn last(&self) -> Option<FrameRange> {
        let (numbers, start) = self.starts.last()?;
        Some(FrameRange { numbers: *numbers, bytes: *start..self.bytes.len() })
    }

    /// Decodes the last frame that begins no later than this fact, if there is one.
    pub(crate) fn frame(&self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        let after = self.starts.partition_point(|(numbers, _)| numbers.first() <= number);
        let Some((numbers, start)) = after.checked_sub(1).and_then(|index| self.starts.get(index)) else {
            return Ok(None);
        };
        let end = self.starts.get(after).map_or(self.bytes.len(), |(_, start)| *start);
        decode(*numbers, self.bytes.get(*start..end)).map(Some)
    }

    /// The encoded frames, one after another.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl EncodedFrame {
    pub(crate) fn new(range: FrameRange, frames: &Arc<Vec<u8>>) -> Self {
        Self { range, frames: Arc::clone(frames) }
    }

    /// Decodes it.
    pub(crate) fn decode(self) -> Result<Booked, LedgerError> {
        decode(self.range.numbers, self.frames.get(self.range.bytes))
    }
}

fn decode(numbers: Numbers, bytes: Option<&[u8]>) -> Result<Booked, LedgerError> {
    let missing = || LedgerError::damaged(format!("the frame of fact {} is missing", numbers.first()));
    let frame = bytes.and_then(|mut bytes| frame::read(&mut bytes)).ok_or_else(missing)?;
    Ok(Booked::new(numbers, frame))
}
