//! The key index: recent keys in memory, and the filters of segments.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use foldhash::fast::RandomState;

use super::filter::{Filter, Sought};
use super::segment::{KeyEntries, prefix_of};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::FactNumber;
use crate::engine::rows::{KeysState, SegmentRow};
use crate::engine::store::Snapshot;
use crate::engine::sync::{RwLock, RwLockReadGuard};
use crate::error::LedgerError;

/// The use of an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    /// The first fact of the frame that used it.
    pub(crate) frame: FactNumber,
    /// Whether the key may be dropped after its retention time.
    pub(crate) lapses: bool,
}

/// Uses of keys by the hash of the key.
pub(crate) type UsedKeys = HashMap<Hash128, Used, RandomState>;

/// A segment and its filter.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) row: SegmentRow,
    pub(super) filter: Filter,
}

/// The index of every key as of the last commit. Commits add keys; checkpoints move them into segments.
#[derive(Debug)]
pub(crate) struct Keys {
    index: RwLock<Index>,
    /// Bytes of the filters of segments that are being built.
    builder_bytes: AtomicUsize,
}

#[derive(Debug)]
pub(super) struct Index {
    /// Keys that no segment has: those of frames that begin at `from` or later.
    pub(super) recent: UsedKeys,
    pub(super) from: FactNumber,
    /// Newest first.
    pub(super) segments: Vec<Arc<Segment>>,
    /// Lapsing keys of frames before this fact may have been dropped.
    pub(super) lapsed: FactNumber,
}

impl Keys {
    /// The index of a snapshot's segments, without recent keys.
    pub(crate) fn stored(snapshot: &Snapshot) -> Result<Self, LedgerError> {
        let KeysState { from, lapsed, segments } = snapshot.checkpoint_state()?.keys;
        let load = |row: SegmentRow| {
            let filter = Filter::of_rows(row.keys, &snapshot.segment_filter(row.number)?)?;
            Ok(Arc::new(Segment { row, filter }))
        };
        let segments = segments.into_iter().map(load).collect::<Result<_, LedgerError>>()?;
        Ok(Self::of(Index { recent: UsedKeys::default(), from, segments, lapsed }))
    }

    fn of(index: Index) -> Self {
        Self { index: RwLock::new(index), builder_bytes: AtomicUsize::new(0) }
    }

    /// The listed segments, and the bounds of recent and of dropped keys.
    pub(crate) fn state(&self) -> KeysState {
        let index = self.read();
        let segments = index.segments.iter().map(|segment| segment.row).collect();
        KeysState { from: index.from, lapsed: index.lapsed, segments }
    }

    /// Bytes of all filters.
    pub(crate) fn bytes(&self) -> usize {
        let segments: usize = self.read().segments.iter().map(|segment| segment.filter.bytes()).sum();
        segments.saturating_add(self.builder_bytes.load(Ordering::Relaxed))
    }

    /// Sets the bytes of the filters of segments that are being built.
    pub(crate) fn set_builder_bytes(&self, bytes: usize) {
        self.builder_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The number of recent keys.
    pub(super) fn recent_count(&self) -> usize {
        self.read().recent.len()
    }

    /// Visits every recent key.
    pub(super) fn each_recent(&self, mut visit: impl FnMut(&Hash128, Used)) {
        self.read().recent.iter().for_each(|(hash, used)| visit(hash, *used));
    }

    /// The first fact of the frame that used a recent key.
    pub(crate) fn recent(&self, hash: &Hash128) -> Option<FactNumber> {
        self.read().recent.get(hash).map(|used| used.frame)
    }

    /// The segments that may have a key, by their filters.
    pub(crate) fn segments_with(&self, hash: &Hash128) -> Vec<SegmentRow> {
        let (sought, index) = (Sought::from(prefix_of(hash)), self.read());
        let having = index.segments.iter().filter(|segment| segment.filter.may_have(&sought));
        having.map(|segment| segment.row).collect()
    }

    /// The segments of a list that may have a key. A segment whose filter is not in memory may.
    pub(crate) fn segments_of(&self, listed: &[SegmentRow], hash: &Hash128) -> Vec<SegmentRow> {
        let (sought, index) = (Sought::from(prefix_of(hash)), self.read());
        let may_have = |row: &&SegmentRow| {
            let known = index.segments.iter().find(|segment| segment.row.number == row.number);
            known.is_none_or(|segment| segment.filter.may_have(&sought))
        };
        listed.iter().filter(may_have).copied().collect()
    }

    /// Adds the keys of a commit.
    pub(crate) fn publish(&self, used: &UsedKeys) {
        if !used.is_empty() {
            self.write(|index| index.recent.extend(used.iter().map(|(hash, used)| (*hash, *used))));
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self, change: impl FnOnce(&mut Index)) {
        change(&mut self.index.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The first facts of the frames that these segments have under the prefix of a key's hash, newest first. Another key
/// may share the prefix.
pub(crate) fn frames_under(
    snapshot: &Snapshot,
    segments: &[SegmentRow],
    hash: &Hash128,
) -> Result<Vec<FactNumber>, LedgerError> {
    let prefix = prefix_of(hash);
    let mut frames = Vec::new();
    for segment in segments {
        let Some((first, bytes)) = snapshot.segment_page(segment.number, prefix)? else { continue };
        for entry in KeyEntries::of(first, &bytes, segment.from) {
            match entry? {
                (before, _) if before < prefix => {}
                (found, frame) if found == prefix => frames.push(frame),
                _ => break,
            }
        }
    }
    frames.sort_unstable_by(|one, other| other.cmp(one));
    Ok(frames)
}
