//! Positions among the lanes: the last fact of each that was told.

use std::collections::BTreeMap;

use super::names::lane_of_frame;
use crate::domain::booked::Booked;
use crate::domain::ids::FactNumber;

/// A position in the lanes of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LanePosition {
    /// The last fact of each lane before the position.
    pub(super) lasts: BTreeMap<i32, FactNumber>,
    /// Whether it follows the lanes that this program writes, and no others.
    pub(super) is_own: bool,
}

impl LanePosition {
    /// Before the first frame of every lane.
    pub(crate) const START: Self = Self { lasts: BTreeMap::new(), is_own: false };

    /// Whether a frame comes after it.
    pub(crate) fn is_before(&self, frame: &Booked) -> bool {
        let last = lane_of_frame(frame).and_then(|lane| self.lasts.get(&lane));
        last.is_none_or(|last| *last < frame.first())
    }

    /// Whether no frame lies between this position and an end.
    pub(crate) fn has_reached(&self, end: &Self) -> bool {
        end.lasts.iter().all(|(lane, last)| self.lasts.get(lane).copied().unwrap_or(FactNumber(0)) >= *last)
    }

    /// The position after a frame.
    pub(super) fn after(&self, frame: &Booked) -> Self {
        let mut next = self.clone();
        let last = frame.numbered().last().map_or(frame.first(), |(number, _)| number);
        next.lasts.extend(lane_of_frame(frame).map(|lane| (lane, last)));
        next
    }
}
