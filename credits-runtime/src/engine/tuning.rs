//! Tuning: internal thresholds of the engine. `domain/limits.rs` has the limits that users meet.

use crate::domain::limits::{WAITING_EVENTS_IN_ALL_MAX, WAITING_EVENTS_MAX};

/// Bytes of frames at which a batch takes no more commands.
pub(crate) const BATCH_BYTES: usize = 512 * 1_024;
/// Records whose due work one batch books.
pub(crate) const DUE_RECORDS_MAX: usize = 256;
/// Rows in one part, where a table is read in parts.
pub(crate) const ROWS_AT_ONCE: usize = 256;
/// Bytes of frames at which a block is sealed. redb rounds values over a page up to 2^k pages.
pub(crate) const BLOCK_BYTES_MAX: usize = 4_000;
/// Rows of wallets in one checkpoint of a flush.
pub(crate) const CHECKPOINT_ROWS_MAX: usize = 16_384;
/// Shards of the wallet cache that one batch visits to evict wallets, at least.
pub(crate) const EVICTION_SHARDS_MIN: usize = 2;
/// Commands of a batch per further visited shard.
pub(crate) const EVICTION_COMMANDS_PER_SHARD: usize = 256;
/// Segments of keys that are merged into one.
pub(crate) const SEGMENTS_MERGED: usize = 8;
/// Rows of dropped segments that one checkpoint removes.
pub(crate) const SEGMENT_ROWS_DROPPED: usize = 16_384;
/// Rejected spends that wait for their handlers. Beyond that, the oldest are dropped.
pub(crate) const REFUSALS_MAX: usize = 1_024;

/// Thresholds of background work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuning {
    /// Facts in which a pass writes every row that was dirty when it began. An opening after a crash replays up to
    /// twice as many.
    pub(crate) pass_facts: usize,
    /// Keys in memory at which a checkpoint seals them into a segment.
    pub(crate) recent_keys_max: usize,
    /// Limits of the billing events that wait for their owners.
    pub(crate) waiting_max: WaitingMax,
    /// Bytes of published rows at which a checkpoint begins; by default a share of the ledger's memory.
    pub(crate) unwritten_bytes: Option<usize>,
    pub(crate) log_size: LogSize,
}

impl Tuning {
    pub(crate) const DEFAULT: Self = Self {
        pass_facts: 524_288,
        recent_keys_max: 32_768,
        waiting_max: WaitingMax::DEFAULT,
        unwritten_bytes: None,
        log_size: LogSize::DEFAULT,
    };

    /// Thresholds so low that a short test seals, merges, checkpoints, and reuses the log's segments.
    #[cfg(feature = "testing")]
    pub(crate) const STRESS: Self = Self {
        pass_facts: 40,
        recent_keys_max: 8,
        waiting_max: WaitingMax::DEFAULT,
        unwritten_bytes: Some(1_024),
        log_size: LogSize::STRESS,
    };
}

/// The size of the commit log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSize {
    /// Bytes of a segment, a multiple of a page.
    pub(crate) segment_bytes: usize,
    pub(crate) segments_max: usize,
}

impl LogSize {
    pub(crate) const DEFAULT: Self = Self { segment_bytes: 1_024 * 1_024, segments_max: 32 };

    /// A log so small that a short test reuses every segment.
    #[cfg(feature = "testing")]
    pub(crate) const STRESS: Self = Self { segment_bytes: 16 * 1_024, segments_max: 8 };
}

/// Limits of the waiting events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitingMax {
    /// Events under one object.
    pub(crate) of_object: usize,
    /// Events in all.
    pub(crate) in_all: u64,
}

impl WaitingMax {
    pub(crate) const DEFAULT: Self =
        Self { of_object: WAITING_EVENTS_MAX, in_all: WAITING_EVENTS_IN_ALL_MAX };

    /// Limits that a short test reaches.
    #[cfg(feature = "testing")]
    pub(crate) const NARROW: Self = Self { of_object: 20, in_all: 50 };
}
