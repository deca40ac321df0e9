//! What becomes of keys with time: the recent ones are sealed into a segment, segments of one size are merged into a
//! larger one, a little in each commit, and those of keys that lapse are dropped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::filter::Filter;
use super::index::{Keys, Segment, Used, UsedKeys};
use super::pages::{Entries, Entry, Packing, Page, Prefix, prefix_of};
use crate::domain::ids::FactNumber;
use crate::domain::limits::{KEYS_MERGED_MIN, SEGMENT_ROWS_DROPPED, SEGMENTS_MERGED};
use crate::domain::time::Timestamp;
use crate::engine::codec::{KeysState, SegmentRow, segment_filter_key, segment_page_key};
use crate::engine::pace::Pace;
use crate::engine::store::Snapshot;
use crate::error::LedgerError;

/// The writer's part of the keys: what is under way.
#[derive(Debug)]
pub(crate) struct Upkeep {
    merges: Vec<Merge>,
    /// Segments that are no more, whose rows are still there.
    dropped: Vec<u32>,
    /// Entries that are to be merged.
    owed: usize,
    /// The number of the next segment.
    next: u32,
    /// How long keys that lapse are kept at least.
    keep: Duration,
    pace: Pace,
}

/// What a commit writes of keys.
#[derive(Debug, Default)]
pub(crate) struct KeyRows {
    pub(crate) written: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) gone: Vec<Vec<u8>>,
}

/// What a commit does to keys.
#[derive(Debug)]
pub(crate) struct KeysPlan {
    pub(crate) rows: KeyRows,
    pub(crate) state: KeysState,
    /// Segments that are new.
    made: Vec<Arc<Segment>>,
    /// Whether the keys of the commit, and those in memory, are in one of these.
    seals: bool,
}

impl KeysPlan {
    /// Whether they are in other segments than before.
    pub(crate) fn is_changed(&self) -> bool {
        self.seals || !self.made.is_empty()
    }

    /// Nothing is done to them.
    pub(crate) fn unchanged(keys: &Keys) -> Self {
        Self { rows: KeyRows::default(), state: keys.state(), made: Vec::new(), seals: false }
    }
}

/// Segments on their way to become one.
#[derive(Debug)]
struct Merge {
    inputs: Vec<Input>,
    making: Making,
}

/// A segment that is read in its order.
#[derive(Debug)]
struct Input {
    row: SegmentRow,
    page: std::vec::IntoIter<Entry>,
    next: Option<Entry>,
    after: Option<Prefix>,
}

/// A segment that is being made.
#[derive(Debug)]
pub(crate) struct Making {
    row: SegmentRow,
    packing: Packing,
    filter: Filter,
    /// How many rows of the filter are written.
    filter_rows: usize,
}

impl Upkeep {
    /// Nothing under way; segments that a snapshot has rows of, and no list, are dropped.
    pub(crate) fn after(snapshot: &Snapshot, keep: Duration, pace: Pace) -> Result<Self, LedgerError> {
        let keys = snapshot.covered()?.keys;
        let listed: Vec<u32> = keys.segments.iter().map(|row| row.number).collect();
        let there = snapshot.segment_numbers()?;
        let next = there.iter().chain(&listed).max().map_or(0, |last| last.saturating_add(1));
        let dropped = there.into_iter().filter(|number| !listed.contains(number)).collect();
        Ok(Self { merges: Vec::new(), dropped, owed: 0, next, keep, pace })
    }

    /// Whether a commit does anything that uses so many keys, after which the next fact is this one.
    pub(crate) fn owes(&mut self, keys: &Keys, used: usize, next_fact: FactNumber) -> bool {
        self.owed = self.owed.saturating_add(used.saturating_mul(2));
        // Some rows cost as much as one.
        self.owed >= KEYS_MERGED_MIN.min(self.pace.recent_keys_max) || self.seals(keys, used, next_fact)
    }

    fn seals(&self, keys: &Keys, used: usize, next_fact: FactNumber) -> bool {
        let index = keys.read();
        index.recent.len().saturating_add(used) >= self.pace.recent_keys_max
            || next_fact.get().saturating_sub(index.from.get()) >= self.pace.pass_facts as u64
    }

    /// What a commit does that uses these keys at this time, after which the next fact is this one.
    pub(crate) fn plan(
        &mut self,
        keys: &Keys,
        used: &UsedKeys,
        (next_fact, now): (FactNumber, Timestamp),
        snapshot: &Snapshot,
    ) -> KeysPlan {
        let (mut rows, mut made) = (KeyRows::default(), Vec::new());
        let mut state = keys.state();
        let seals = self.seals(keys, used.len(), next_fact);
        if seals {
            made.extend(self.seal(keys, used, (state.from, next_fact, now), &mut rows));
            state.from = next_fact;
            state.segments.splice(0..0, made.iter().map(|segment| segment.row));
            self.forget(&mut state, now);
        }
        let steps = std::mem::take(&mut self.owed);
        for mut merge in std::mem::take(&mut self.merges) {
            match merge.step(steps, snapshot, &mut rows) {
                Ok(false) => self.merges.push(merge),
                Ok(true) => {
                    let Merge { inputs, making } = merge;
                    let segment = making.finish(&mut rows);
                    let is_input =
                        |row: &SegmentRow| inputs.iter().any(|input| input.row.number == row.number);
                    let place = state.segments.iter().position(is_input).unwrap_or_default();
                    state.segments.retain(|row| !is_input(row));
                    state.segments.insert(place.min(state.segments.len()), segment.row);
                    self.dropped.extend(inputs.iter().map(|input| input.row.number));
                    made.push(segment);
                }
                // The keys can still be looked up: nothing of a commit depends on it.
                Err(error) => {
                    tracing::warn!(%error, "segments of keys could not be merged");
                    self.dropped.push(merge.making.row.number);
                }
            }
        }
        if seals {
            self.begin_merges(&state.segments);
        }
        keys.are_made_of(self.merges.iter().map(|merge| merge.making.filter.bytes()).sum());
        if let Err(error) = self.drop_rows(snapshot, &mut rows) {
            tracing::warn!(%error, "rows of dropped segments could not be found");
        }
        KeysPlan { rows, state, made, seals }
    }

    /// A plan was not committed: what it did is to be done again.
    pub(crate) fn failed(&mut self, keys: &Keys, plan: &KeysPlan) {
        let made = plan.made.iter().map(|segment| segment.row.number);
        let merging = self.merges.drain(..).map(|merge| merge.making.row.number);
        self.dropped.extend(made.chain(merging));
        let listed = keys.state().segments;
        self.dropped.retain(|number| listed.iter().all(|row| row.number != *number));
    }

    /// Every recent key, sorted, in a segment for those that lapse and one for those that last.
    fn seal(
        &mut self,
        keys: &Keys,
        used: &UsedKeys,
        (from, to, until): (FactNumber, FactNumber, Timestamp),
        rows: &mut KeyRows,
    ) -> Vec<Arc<Segment>> {
        let index = keys.read();
        let older = index.recent.iter().filter(|(hash, _)| !used.contains_key(*hash));
        let mut families: [Vec<Entry>; 2] = Default::default();
        let [lapsing, lasting] = &mut families;
        for (hash, Used { frame, lapses }) in older.chain(used) {
            if *lapses { &mut *lapsing } else { &mut *lasting }.push((prefix_of(hash), *frame));
        }
        let mut made = Vec::new();
        for (mut family, lapses) in families.into_iter().zip([true, false]) {
            if family.is_empty() {
                continue;
            }
            family.sort_unstable();
            let keys = family.len() as u64;
            let mut making = self.making(SegmentRow { number: 0, lapses, keys, from, to, until });
            for entry in family {
                making.push(entry, rows);
            }
            made.push(making.finish(rows));
        }
        made
    }

    fn making(&mut self, row: SegmentRow) -> Making {
        let number = self.next;
        self.next = number.saturating_add(1);
        Making::of(SegmentRow { number, ..row })
    }

    /// Drops segments all of whose keys have lapsed.
    fn forget(&mut self, state: &mut KeysState, now: Timestamp) {
        let is_merging = |row: &SegmentRow| {
            self.merges.iter().flat_map(|merge| &merge.inputs).any(|input| input.row.number == row.number)
        };
        let has_lapsed =
            |row: &SegmentRow| row.lapses && row.until.after(self.keep) < now && !is_merging(row);
        let lapsed: Vec<SegmentRow> = state.segments.extract_if(.., |row| has_lapsed(row)).collect();
        for row in lapsed {
            state.lapsed = state.lapsed.max(row.to);
            self.dropped.push(row.number);
        }
    }

    /// Begins to merge segments of one family and size, once there are enough.
    fn begin_merges(&mut self, segments: &[SegmentRow]) {
        let mut alike: HashMap<(bool, u32), Vec<&SegmentRow>> = HashMap::new();
        let merging: Vec<u32> =
            self.merges.iter().flat_map(|merge| &merge.inputs).map(|input| input.row.number).collect();
        // The oldest first.
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
            let inputs = rows.iter().map(|row| Input {
                row: **row,
                page: Vec::new().into_iter(),
                next: None,
                after: None,
            });
            let inputs = inputs.collect();
            let making = self.making(merged);
            self.merges.push(Merge { inputs, making });
        }
    }

    /// Segments of one size are merged: how often it can be divided until a few sealings could have made it.
    fn size(&self, row: &SegmentRow) -> u32 {
        let sealings = row.keys / (self.pace.recent_keys_max as u64 / 2).max(1);
        sealings.checked_ilog(SEGMENTS_MERGED as u64).unwrap_or(0)
    }

    /// Removes some rows of segments that are no more.
    fn drop_rows(&mut self, snapshot: &Snapshot, rows: &mut KeyRows) -> Result<(), LedgerError> {
        while let Some(number) = self.dropped.last() {
            let listed = snapshot.segment_rows(*number, SEGMENT_ROWS_DROPPED)?;
            if !listed.is_empty() {
                rows.gone.extend(listed);
                return Ok(());
            }
            self.dropped.pop();
        }
        Ok(())
    }
}

impl Keys {
    /// A plan is committed, with these keys.
    pub(crate) fn committed(&self, plan: KeysPlan, used: &UsedKeys) {
        self.write(|index| {
            let KeysPlan { state: KeysState { from, lapsed, segments }, made, seals, .. } = plan;
            if seals {
                index.recent.clear();
            } else {
                index.recent.extend(used.iter().map(|(hash, used)| (*hash, *used)));
            }
            let known = std::mem::take(&mut index.segments);
            let find = |row: SegmentRow| {
                made.iter().chain(&known).find(|segment| segment.row.number == row.number).map(Arc::clone)
            };
            (index.from, index.lapsed) = (from, lapsed);
            index.segments = segments.into_iter().filter_map(find).collect();
        });
    }
}

impl Merge {
    /// Takes so many entries; answers whether that was all.
    fn step(
        &mut self,
        entries_max: usize,
        snapshot: &Snapshot,
        rows: &mut KeyRows,
    ) -> Result<bool, LedgerError> {
        for _ in 0..entries_max {
            for input in &mut self.inputs {
                input.fill(snapshot)?;
            }
            let heads = self.inputs.iter_mut().filter(|input| input.next.is_some());
            let Some(entry) = heads.min_by_key(|input| input.next).and_then(|input| input.next.take()) else {
                return Ok(true);
            };
            self.making.push(entry, rows);
        }
        Ok(false)
    }
}

impl Input {
    /// Has the next entry at hand, if there is one.
    fn fill(&mut self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        while self.next.is_none() {
            self.next = self.page.next();
            if self.next.is_none() {
                let Some((first, bytes)) = snapshot.segment_page_after(self.row.number, self.after)? else {
                    return Ok(());
                };
                self.after = Some(first);
                self.page =
                    Entries::of(first, &bytes, self.row.from).collect::<Result<Vec<_>, _>>()?.into_iter();
            }
        }
        Ok(())
    }
}

impl Making {
    /// A segment of so many keys, which come in their order.
    pub(crate) fn of(row: SegmentRow) -> Self {
        let (packing, filter) = (Packing::from(row.from), Filter::for_keys(row.keys));
        Self { row, packing, filter, filter_rows: 0 }
    }

    /// One more key; what is complete is written.
    pub(crate) fn push(&mut self, entry: Entry, rows: &mut KeyRows) {
        self.filter.insert(entry.0);
        if let Some(page) = self.packing.push(entry) {
            self.write(page, rows);
            for place in self.filter_rows..self.filter.rows_before(entry.0) {
                self.write_filter(place, rows);
            }
        }
    }

    fn write(&self, (first, bytes): Page, rows: &mut KeyRows) {
        rows.written.push((segment_page_key(self.row.number, first), bytes));
    }

    fn write_filter(&mut self, place: usize, rows: &mut KeyRows) {
        rows.written.push((segment_filter_key(self.row.number, place), self.filter.row(place)));
        self.filter_rows = place.saturating_add(1);
    }

    /// All of it is written.
    pub(crate) fn finish(mut self, rows: &mut KeyRows) -> Arc<Segment> {
        if let Some(page) = self.packing.finish() {
            self.write(page, rows);
        }
        for place in self.filter_rows..self.filter.rows() {
            self.write_filter(place, rows);
        }
        Arc::new(Segment { row: self.row, filter: self.filter })
    }
}
