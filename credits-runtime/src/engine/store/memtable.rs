//! Memtable: rows that are published and not yet in the file.
//!
//! Its maps share structure: a snapshot copies none of it, and later rows do not change what a snapshot has. A checkpoint
//! freezes the memtable, writes it to the file, and drops it.

use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use super::changes::{Changes, LogEnd};
use crate::domain::ids::FactNumber;
use crate::engine::journal::block::Block;
use crate::engine::rows::CheckpointState;

/// Rows by their keys; `None` is a row that is removed.
pub(super) type Rows = RedBlackTreeMapSync<Vec<u8>, Option<Arc<[u8]>>>;

/// Bytes that a row takes besides its key and its value, about.
const ROW_BYTES: usize = 160;

/// Rows that are published and not yet in the file. A clone is a snapshot of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Memtable {
    /// By their first facts. The last one grows: it takes the place of itself.
    pub(super) blocks: RedBlackTreeMapSync<FactNumber, Arc<Block>>,
    pub(super) views: Rows,
    pub(super) segments: Rows,
    pub(super) cursors: RedBlackTreeMapSync<String, FactNumber>,
    pub(super) state: Option<Arc<CheckpointState>>,
    /// The last record of the log that has its facts.
    pub(super) log_end: Option<LogEnd>,
    /// About how many bytes of memory its rows take, but for uncounted ones.
    bytes: usize,
}

impl Memtable {
    /// Adds the rows of a commit; they take the place of earlier ones.
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

    /// Adds rows whose bytes are not counted.
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

    /// The block that would hold this fact, if it is here.
    pub(super) fn block(&self, number: FactNumber) -> Option<&Arc<Block>> {
        self.blocks.range(..=number).next_back().map(|(_, block)| block)
    }

    /// About how many bytes of memory it takes.
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
