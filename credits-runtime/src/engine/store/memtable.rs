//! The memtable: published rows that are not in the file yet.
//!
//! Its maps are persistent: a clone is a snapshot, which shares their nodes and does not see later rows. A checkpoint
//! freezes the memtable, writes it to the file, and drops it.

use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use super::changes::{Changes, LogEnd};
use crate::domain::ids::FactNumber;
use crate::engine::journal::block::Block;
use crate::engine::rows::CheckpointState;

/// Rows by key; `None` is a tombstone.
pub(super) type Rows = RedBlackTreeMapSync<Vec<u8>, Option<Arc<[u8]>>>;

/// Memory that a row takes besides its key and its value, about.
const ROW_BYTES: usize = 160;

/// Published rows that are not in the file yet. A clone is a snapshot of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Memtable {
    /// Blocks by their first fact. Each commit replaces the last block by a longer one.
    pub(super) blocks: RedBlackTreeMapSync<FactNumber, Arc<Block>>,
    pub(super) views: Rows,
    pub(super) segments: Rows,
    pub(super) cursors: RedBlackTreeMapSync<String, FactNumber>,
    pub(super) state: Option<Arc<CheckpointState>>,
    /// The end of the log records that have its facts.
    pub(super) log_end: Option<LogEnd>,
    /// Approximate memory of the counted rows. A row that replaces another one is added to it.
    bytes: usize,
}

impl Memtable {
    /// Adds rows, which replace earlier rows with the same keys.
    pub(super) fn put(&mut self, changes: Changes) {
        for block in changes.blocks {
            self.put_block(block);
        }
        for key in changes.removed_views {
            self.bytes = self.bytes.saturating_add(ROW_BYTES).saturating_add(key.len());
            self.views.insert_mut(key, None);
        }
        for (key, value) in changes.views {
            self.bytes = self.bytes.saturating_add(row_bytes(&key, &value));
            self.views.insert_mut(key, Some(value));
        }
        for key in changes.removed_segment_rows {
            self.bytes = self.bytes.saturating_add(ROW_BYTES).saturating_add(key.len());
            self.segments.insert_mut(key, None);
        }
        for (key, value) in changes.segment_rows {
            self.bytes = self.bytes.saturating_add(row_bytes(&key, &value));
            self.segments.insert_mut(key, Some(value.into()));
        }
        for (subscriber, next) in changes.cursors {
            self.bytes = self.bytes.saturating_add(ROW_BYTES);
            self.cursors.insert_mut(subscriber, next);
        }
        if let Some(state) = changes.state {
            self.state = Some(Arc::new(state));
        }
        self.log_end = changes.log_end.or(self.log_end);
    }

    /// Adds rows without counting their bytes.
    pub(super) fn put_uncounted(&mut self, changes: Changes) {
        let bytes = self.bytes;
        self.put(changes);
        self.bytes = bytes;
    }

    fn put_block(&mut self, block: Arc<Block>) {
        let before = self.blocks.get(&block.first).map_or(0, |former| former.bytes());
        self.bytes = self.bytes.saturating_add(block.bytes()).saturating_sub(before);
        self.blocks.insert_mut(block.first, block);
    }

    /// The last block that begins no later than this fact.
    pub(super) fn block(&self, number: FactNumber) -> Option<&Arc<Block>> {
        self.blocks.range(..=number).next_back().map(|(_, block)| block)
    }

    /// Approximate memory of the counted rows.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
            && self.views.is_empty()
            && self.segments.is_empty()
            && self.cursors.is_empty()
            && self.state.is_none()
    }
}

fn row_bytes(key: &[u8], value: &[u8]) -> usize {
    ROW_BYTES.saturating_add(key.len()).saturating_add(value.len())
}
