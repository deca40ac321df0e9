//! The compactor: moves keys from memory into segments, merges segments of a similar size, and drops those whose keys
//! lapsed.
//!
//! It runs within checkpoints, on their thread. Merging is done in steps, in proportion to the keys that were sealed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::filter::Filter;
use super::index::{Keys, Segment, Used};
use super::segment::{KeyEntries, KeyEntry, Packing, Page, Prefix, prefix_of};
use crate::domain::ids::FactNumber;
use crate::domain::time::Timestamp;
use crate::engine::rows::{KeysState, SegmentRow, segment_filter_key, segment_page_key};
use crate::engine::store::{Changes, Snapshot};
use crate::engine::tuning::{SEGMENT_ROWS_DROPPED, SEGMENTS_MERGED, Tuning};
use crate::error::LedgerError;

/// Merges in progress, and segments whose rows are to be removed.
#[derive(Debug)]
pub(crate) struct Compactor {
    merges: Vec<Merge>,
    /// Unlisted segments whose rows are still stored.
    dropped: Vec<u32>,
    /// The number of the next segment.
    next_number: u32,
    /// Minimum retention time of lapsing keys.
    keep_keys: Duration,
    recent_keys_max: usize,
    /// Facts after which even a few keys are sealed, because recovery reads the frames of recent keys.
    pass_facts: usize,
}

/// The result of a run, applied to the index once its rows are published.
#[derive(Debug)]
pub(crate) struct Moved {
    state: KeysState,
    new_segments: Vec<Arc<Segment>>,
}

impl Moved {
    pub(crate) fn state(&self) -> &KeysState {
        &self.state
    }
}

/// A merge of segments in progress.
#[derive(Debug)]
struct Merge {
    inputs: Vec<MergeInput>,
    builder: SegmentBuilder,
}

/// An input of a merge, read in key order.
#[derive(Debug)]
struct MergeInput {
    row: SegmentRow,
    page: std::vec::IntoIter<KeyEntry>,
    next: Option<KeyEntry>,
    after: Option<Prefix>,
}

/// Builds a segment from sorted keys.
#[derive(Debug)]
struct SegmentBuilder {
    row: SegmentRow,
    packing: Packing,
    filter: Filter,
    /// Number of written rows of the filter.
    filter_rows: usize,
}

impl Compactor {
    /// A compactor without merges. Unlisted segments of the snapshot are dropped: a merge did not complete, or their
    /// removal did not.
    pub(crate) fn new(
        snapshot: &Snapshot,
        keep_keys: Duration,
        Tuning { recent_keys_max, pass_facts, .. }: Tuning,
    ) -> Result<Self, LedgerError> {
        let keys = snapshot.checkpoint_state()?.keys;
        let listed: Vec<u32> = keys.segments.iter().map(|row| row.number).collect();
        let stored = snapshot.segment_numbers()?;
        let next_number = stored.iter().chain(&listed).max().map_or(0, |last| last.saturating_add(1));
        let dropped = stored.into_iter().filter(|number| !listed.contains(number)).collect();
        Ok(Self { merges: Vec::new(), dropped, next_number, keep_keys, recent_keys_max, pass_facts })
    }

    /// Seals the recent keys of frames before `next_fact` if there are enough, and continues merges. Adds the written
    /// and removed rows to `changes`.
    pub(crate) fn run(
        &mut self,
        keys: &Keys,
        next_fact: FactNumber,
        now: Timestamp,
        snapshot: &Snapshot,
        changes: &mut Changes,
    ) -> Moved {
        let (mut state, mut new_segments) = (keys.state(), Vec::new());
        let facts = next_fact.get().saturating_sub(state.from.get());
        if keys.recent_count() >= self.recent_keys_max || facts >= self.pass_facts as u64 {
            new_segments = self.seal(keys, state.from, next_fact, now, changes);
            state.from = state.from.max(next_fact);
            state.segments.splice(0..0, new_segments.iter().map(|segment| segment.row));
            self.forget(&mut state, now);
            let sealed: u64 = new_segments.iter().map(|segment| segment.row.keys).sum();
            // Twice as many entries as are sealed, so that merges keep up with sealing.
            let entries_max = usize::try_from(sealed).unwrap_or(usize::MAX).saturating_mul(2);
            new_segments.extend(self.merge(entries_max, &mut state, snapshot, changes));
            self.begin_merges(&state.segments);
            keys.set_builder_bytes(self.merges.iter().map(|merge| merge.builder.filter.bytes()).sum());
        }
        if let Err(error) = self.drop_rows(snapshot, changes) {
            tracing::warn!(%error, "rows of dropped segments could not be found");
        }
        Moved { state, new_segments }
    }

    /// Writes the recent keys of frames before `to`, sorted: those that lapse in one segment, those that last in
    /// another.
    fn seal(
        &mut self,
        keys: &Keys,
        from: FactNumber,
        to: FactNumber,
        until: Timestamp,
        changes: &mut Changes,
    ) -> Vec<Arc<Segment>> {
        let mut families: [Vec<KeyEntry>; 2] = Default::default();
        let [lapsing, lasting] = &mut families;
        keys.each_recent(|hash, Used { frame, lapses }| {
            if frame < to {
                if lapses { &mut *lapsing } else { &mut *lasting }.push((prefix_of(hash), frame));
            }
        });
        let mut sealed = Vec::new();
        for (mut family, lapses) in families.into_iter().zip([true, false]) {
            if family.is_empty() {
                continue;
            }
            family.sort_unstable();
            let keys = family.len() as u64;
            let mut builder = self.builder(SegmentRow { number: 0, lapses, keys, from, to, until });
            for entry in family {
                builder.push(entry, changes);
            }
            sealed.push(builder.finish(changes));
        }
        sealed
    }

    fn builder(&mut self, row: SegmentRow) -> SegmentBuilder {
        let number = self.next_number;
        self.next_number = number.saturating_add(1);
        SegmentBuilder::new(SegmentRow { number, ..row })
    }

    /// Drops segments all of whose keys have lapsed.
    fn forget(&mut self, state: &mut KeysState, now: Timestamp) {
        let merging = self.merging();
        let has_lapsed = |row: &SegmentRow| {
            row.lapses && row.until.after(self.keep_keys) < now && !merging.contains(&row.number)
        };
        let lapsed: Vec<SegmentRow> = state.segments.extract_if(.., |row| has_lapsed(row)).collect();
        for row in lapsed {
            state.lapsed = state.lapsed.max(row.to);
            self.dropped.push(row.number);
        }
    }

    /// Merges up to a number of entries in each merge; returns the segments that are complete.
    fn merge(
        &mut self,
        entries_max: usize,
        state: &mut KeysState,
        snapshot: &Snapshot,
        changes: &mut Changes,
    ) -> Vec<Arc<Segment>> {
        let mut complete = Vec::new();
        for mut merge in std::mem::take(&mut self.merges) {
            match merge.step(entries_max, snapshot, changes) {
                Ok(false) => self.merges.push(merge),
                Ok(true) => {
                    let Merge { inputs, builder } = merge;
                    let segment = builder.finish(changes);
                    let is_input =
                        |row: &SegmentRow| inputs.iter().any(|input| input.row.number == row.number);
                    let index = state.segments.iter().position(is_input).unwrap_or_default();
                    state.segments.retain(|row| !is_input(row));
                    state.segments.insert(index.min(state.segments.len()), segment.row);
                    self.dropped.extend(inputs.iter().map(|input| input.row.number));
                    complete.push(segment);
                }
                // The inputs stay listed, so that no key is lost.
                Err(error) => {
                    tracing::warn!(%error, "segments of keys could not be merged");
                    self.dropped.push(merge.builder.row.number);
                }
            }
        }
        complete
    }

    /// Begins to merge segments of one kind and size class, once there are enough.
    fn begin_merges(&mut self, segments: &[SegmentRow]) {
        let mut alike: HashMap<(bool, u32), Vec<&SegmentRow>> = HashMap::new();
        let merging = self.merging();
        // Oldest first.
        for row in segments.iter().rev().filter(|row| !merging.contains(&row.number)) {
            alike.entry((row.lapses, self.size(row))).or_default().push(row);
        }
        for inputs in alike.into_values().filter(|rows| rows.len() >= SEGMENTS_MERGED) {
            let rows = inputs.get(..SEGMENTS_MERGED).unwrap_or_default();
            let Some(first) = rows.first() else { continue };
            let merged = rows.iter().fold(SegmentRow { keys: 0, ..**first }, |merged, row| SegmentRow {
                keys: merged.keys.saturating_add(row.keys),
                from: merged.from.min(row.from),
                to: merged.to.max(row.to),
                until: merged.until.max(row.until),
                ..merged
            });
            let inputs = rows.iter().map(|row| MergeInput {
                row: **row,
                page: Vec::new().into_iter(),
                next: None,
                after: None,
            });
            let (inputs, builder) = (inputs.collect(), self.builder(merged));
            self.merges.push(Merge { inputs, builder });
        }
    }

    /// Numbers of the segments that are being merged.
    fn merging(&self) -> Vec<u32> {
        self.merges.iter().flat_map(|merge| &merge.inputs).map(|input| input.row.number).collect()
    }

    /// The size class of a segment: segments of one class are merged into one of the next.
    fn size(&self, row: &SegmentRow) -> u32 {
        let sealings = row.keys / (self.recent_keys_max as u64 / 2).max(1);
        sealings.checked_ilog(SEGMENTS_MERGED as u64).unwrap_or(0)
    }

    /// Removes rows of one dropped segment, up to a limit.
    fn drop_rows(&mut self, snapshot: &Snapshot, changes: &mut Changes) -> Result<(), LedgerError> {
        while let Some(number) = self.dropped.last() {
            let rows = snapshot.segment_rows(*number, SEGMENT_ROWS_DROPPED)?;
            if !rows.is_empty() {
                changes.remove_segment_rows(rows);
                return Ok(());
            }
            self.dropped.pop();
        }
        Ok(())
    }
}

impl Keys {
    /// Applies the result of a run, whose rows are published.
    pub(crate) fn apply(&self, Moved { state, new_segments }: Moved) {
        let KeysState { from, lapsed, segments } = state;
        self.write(|index| {
            if from > index.from {
                index.recent.retain(|_, used| used.frame >= from);
            }
            let former = std::mem::take(&mut index.segments);
            let find = |row: SegmentRow| {
                let mut all = new_segments.iter().chain(&former);
                all.find(|segment| segment.row.number == row.number).map(Arc::clone)
            };
            (index.from, index.lapsed) = (from, lapsed);
            index.segments = segments.into_iter().filter_map(find).collect();
        });
    }
}

impl Merge {
    /// Merges up to a number of entries; returns whether the inputs are exhausted.
    fn step(
        &mut self,
        entries_max: usize,
        snapshot: &Snapshot,
        changes: &mut Changes,
    ) -> Result<bool, LedgerError> {
        for _ in 0..entries_max {
            for input in &mut self.inputs {
                input.fill(snapshot)?;
            }
            let heads = self.inputs.iter_mut().filter(|input| input.next.is_some());
            let Some(entry) = heads.min_by_key(|input| input.next).and_then(|input| input.next.take()) else {
                return Ok(true);
            };
            self.builder.push(entry, changes);
        }
        Ok(false)
    }
}

impl MergeInput {
    /// Reads the next entry, if it is not read yet and there is one.
    fn fill(&mut self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        while self.next.is_none() {
            self.next = self.page.next();
            if self.next.is_none() {
                let Some((first, bytes)) = snapshot.segment_page_after(self.row.number, self.after)? else {
                    return Ok(());
                };
                self.after = Some(first);
                self.page =
                    KeyEntries::of(first, &bytes, self.row.from).collect::<Result<Vec<_>, _>>()?.into_iter();
            }
        }
        Ok(())
    }
}

impl SegmentBuilder {
    fn new(row: SegmentRow) -> Self {
        let (packing, filter) = (Packing::from(row.from), Filter::for_keys(row.keys));
        Self { row, packing, filter, filter_rows: 0 }
    }

    /// Adds the next key in order, and writes complete pages and rows of the filter.
    fn push(&mut self, entry: KeyEntry, changes: &mut Changes) {
        self.filter.insert(entry.0);
        if let Some(page) = self.packing.push(entry) {
            self.write_page(page, changes);
            for index in self.filter_rows..self.filter.rows_before(entry.0) {
                self.write_filter(index, changes);
            }
        }
    }

    fn write_page(&self, (first, bytes): Page, changes: &mut Changes) {
        changes.put_segment_row(segment_page_key(self.row.number, first), bytes);
    }

    fn write_filter(&mut self, index: usize, changes: &mut Changes) {
        changes.put_segment_row(segment_filter_key(self.row.number, index), self.filter.row(index));
        self.filter_rows = index.saturating_add(1);
    }

    /// Writes the remaining rows.
    fn finish(mut self, changes: &mut Changes) -> Arc<Segment> {
        if let Some(page) = self.packing.finish() {
            self.write_page(page, changes);
        }
        for index in self.filter_rows..self.filter.rows() {
            self.write_filter(index, changes);
        }
        Arc::new(Segment { row: self.row, filter: self.filter })
    }
}
