//! Readers of the lanes: single frames, frames after a position, the newest first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::database::{Database, unreadable};
use super::fetched::{booked, frames_statement};
use super::names::to_long;
use super::position::LanePosition;
use super::statement::Statement;
use crate::domain::booked::Booked;
use crate::domain::fact::RecordId;
use crate::domain::ids::FactNumber;
use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// Frames of a lane that one statement reads.
const FRAMES_OF_LANE: i64 = 500;
/// Earlier frames of a record that are read with one that follows another.
const EARLIER_FRAMES: i64 = 64;
/// Newest frames that one statement reads.
const NEWEST: i64 = 64;

/// The frames of every lane after its last fact. One statement sees all lanes as of one instant.
const AFTER: &str = "
    SELECT l.lane, j.first, j.body
    FROM lanes l LEFT JOIN unnest($1::int[], $2::bigint[]) AS told (lane, last) ON told.lane = l.lane
    CROSS JOIN LATERAL (
        SELECT first, body FROM journal
        WHERE lane = l.lane AND number > coalesce(told.last, 0) AND number = first ORDER BY number LIMIT $3
    ) j
    WHERE NOT $4::boolean OR (told.lane IS NOT NULL AND l.holder = $5)";

/// A record's frame with a fact, and the frames before it.
const EARLIER: &str = "
    SELECT j.first, j.body FROM journal t JOIN journal j
        ON j.owner = t.owner AND j.record = t.record AND j.ordinal <= t.ordinal
    WHERE t.lane = $1 AND t.number = (
        SELECT max(number) FROM journal WHERE lane = $1 AND number <= $2
    ) ORDER BY j.ordinal DESC LIMIT $3";

/// The last number of each lane before an instant and a fact: by bisection, because instants and numbers rise together.
const BOUNDS: &str = "
    WITH RECURSIVE search (lane, low, high) AS (
        SELECT lane, 0::bigint, last + 1 FROM lanes
        UNION ALL
        SELECT s.lane, CASE WHEN p.is_before THEN m.middle ELSE s.low END, CASE WHEN p.is_before THEN s.high ELSE m.middle END
        FROM search s
            CROSS JOIN LATERAL (SELECT s.low + (s.high - s.low) / 2) AS m (middle)
            CROSS JOIN LATERAL (SELECT coalesce((
                SELECT (at, first) < ($1, $2) FROM journal
                WHERE lane = s.lane AND number <= m.middle ORDER BY number DESC LIMIT 1
            ), true)) AS p (is_before)
        WHERE s.high - s.low > 1
    ) SELECT lane, max(low) FROM search GROUP BY lane";

const NEWEST_UP_TO: &str = "
    SELECT j.first, j.body FROM unnest($1::int[], $2::bigint[]) AS bounds (lane, last) CROSS JOIN LATERAL (
        SELECT at, first, body FROM journal
        WHERE lane = bounds.lane AND number <= bounds.last AND number = first ORDER BY number DESC LIMIT $3
    ) j ORDER BY j.at DESC, j.first DESC LIMIT $3";

const FACTS_AFTER: &str = "
    SELECT coalesce(sum(j.facts), 0)::bigint
    FROM journal j LEFT JOIN unnest($1::int[], $2::bigint[]) AS told (lane, last) ON told.lane = j.lane
    WHERE j.number > coalesce(told.last, 0)";

/// A reader of the lanes.
pub(crate) struct LaneJournal {
    database: Arc<Database>,
    /// The last frame that was looked up.
    last: Option<Booked>,
    /// Earlier frames of its record.
    earlier: Vec<Booked>,
    /// Frames after a position, in the order in which they are told.
    next: VecDeque<Booked>,
    /// Frames before the last one that was returned, the newest first.
    newest: VecDeque<Booked>,
    newest_before: Option<FactNumber>,
}

impl LaneJournal {
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self {
            database,
            last: None,
            earlier: Vec::new(),
            next: VecDeque::new(),
            newest: VecDeque::new(),
            newest_before: None,
        }
    }

    pub(in crate::engine) fn find(&mut self, wanted: FactNumber) -> Result<Option<Booked>, LedgerError> {
        let has = |booked: &&Booked| booked.fact(wanted).is_some();
        if let Some(known) = self.last.iter().chain(&self.earlier).find(has) {
            let known = known.clone();
            self.last = Some(known.clone());
            return Ok(Some(known));
        }
        let found =
            if self.follows_last(wanted) { self.read_earlier(wanted)? } else { self.read_one(wanted)? };
        if let Some(found) = &found {
            self.last = Some(found.clone());
        }
        Ok(found)
    }

    pub(in crate::engine) fn frame(&mut self, wanted: FactNumber) -> Result<Booked, LedgerError> {
        self.find(wanted)?.ok_or_else(|| LedgerError::damaged(format!("fact {wanted} is missing")))
    }

    /// Whether a fact is the one before a wallet's fact that was just read, as in a walk over its history.
    fn follows_last(&self, wanted: FactNumber) -> bool {
        let facts = self.last.iter().flat_map(|last| &last.facts);
        let mut of_wallets = facts.filter(|fact| matches!(fact.record, RecordId::Wallet(_)));
        of_wallets.any(|fact| fact.previous == Some(wanted))
    }

    fn read_one(&self, wanted: FactNumber) -> Result<Option<Booked>, LedgerError> {
        let rows =
            self.database.read(|| frames_statement(self.database.numbering, std::iter::once(wanted)))?;
        let Some(row) = rows.first() else { return Ok(None) };
        let booked =
            booked(self.database.numbering, unreadable(row.try_get(1))?, unreadable(row.try_get(2))?)?;
        Ok(Some(booked).filter(|booked| booked.fact(wanted).is_some()))
    }

    fn read_earlier(&mut self, wanted: FactNumber) -> Result<Option<Booked>, LedgerError> {
        let Some(lane) = self.database.numbering.lane_of(wanted) else { return Ok(None) };
        let rows = self
            .database
            .read(|| Statement::new(EARLIER).integer(lane).long(to_long(wanted)).long(EARLIER_FRAMES))?;
        let read = rows.iter().map(|row| {
            booked(self.database.numbering, unreadable(row.try_get(0))?, unreadable(row.try_get(1))?)
        });
        self.earlier = read.collect::<Result<_, LedgerError>>()?;
        Ok(self.earlier.iter().find(|booked| booked.fact(wanted).is_some()).cloned())
    }

    pub(in crate::engine) fn after(
        &mut self,
        position: &LanePosition,
    ) -> Result<Option<(Booked, LanePosition)>, LedgerError> {
        if !self.next.front().is_some_and(|next| position.is_before(next)) {
            self.next = self.read_after(position)?.into();
        }
        let Some(booked) = self.next.pop_front() else { return Ok(None) };
        let next = position.after(&booked);
        Ok(Some((booked, next)))
    }

    /// Frames after a position: of each lane in its order, and of each record in its order. A lane that has more than
    /// were read may have earlier frames than others: frames after its last one wait.
    fn read_after(&self, position: &LanePosition) -> Result<Vec<Booked>, LedgerError> {
        let position = self.database.followed(position);
        let lanes: Vec<i32> = position.lasts.keys().copied().collect();
        let lasts: Vec<i64> = position.lasts.values().map(|last| to_long(*last)).collect();
        let rows = self.database.read(|| {
            let statement = Statement::new(AFTER).integers(lanes.clone()).longs(lasts.clone());
            statement.long(FRAMES_OF_LANE).flag(position.is_own).bytes(self.database.holder)
        })?;
        let mut frames: Vec<(i32, Booked)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let booked =
                booked(self.database.numbering, unreadable(row.try_get(1))?, unreadable(row.try_get(2))?)?;
            frames.push((unreadable(row.try_get(0))?, booked));
        }
        let order = |booked: &Booked| (booked.at, booked.first());
        let mut lanes = BTreeMap::<i32, (i64, (Timestamp, FactNumber))>::new();
        for (lane, booked) in &frames {
            let (count, last) = lanes.entry(*lane).or_insert((0, order(booked)));
            (*count, *last) = (count.saturating_add(1), order(booked));
        }
        let cut = lanes.values().filter(|(count, _)| *count >= FRAMES_OF_LANE).map(|(_, last)| *last).min();
        let mut frames: Vec<Booked> = frames.into_iter().map(|(_, booked)| booked).collect();
        frames.retain(|booked| cut.is_none_or(|cut| order(booked) <= cut));
        frames.sort_by_key(order);
        Ok(frames)
    }

    pub(in crate::engine) fn newest(
        &mut self,
        before: Option<FactNumber>,
    ) -> Result<Option<Booked>, LedgerError> {
        if before.is_none() || before != self.newest_before || self.newest.is_empty() {
            let bounds = match before {
                None => self.lasts()?,
                Some(before) => match self.find(before)? {
                    // The frame itself has facts before this one.
                    Some(frame) if frame.first() < before => return Ok(Some(frame)),
                    Some(frame) => self.bounds(frame.at.microseconds(), to_long(frame.first()))?,
                    // No fact has the number: those with lower ones are before it.
                    None => {
                        let lower = FactNumber(before.get().saturating_sub(1));
                        self.lasts()?.into_iter().map(|(lane, last)| (lane, last.min(lower))).collect()
                    }
                },
            };
            self.read_newest(&bounds)?;
        }
        let newest = self.newest.pop_front();
        self.newest_before = newest.as_ref().map(Booked::first);
        Ok(newest)
    }

    /// The last fact of each lane.
    fn lasts(&self) -> Result<BTreeMap<i32, FactNumber>, LedgerError> {
        self.database.positions(|| Statement::new("SELECT lane, last FROM lanes"))
    }

    /// The last number of each lane before an instant and a fact.
    fn bounds(&self, at: i64, first: i64) -> Result<BTreeMap<i32, FactNumber>, LedgerError> {
        self.database.positions(|| Statement::new(BOUNDS).long(at).long(first))
    }

    fn read_newest(&mut self, bounds: &BTreeMap<i32, FactNumber>) -> Result<(), LedgerError> {
        let lanes: Vec<i32> = bounds.keys().copied().collect();
        let lasts: Vec<i64> = bounds.values().map(|last| to_long(*last)).collect();
        let rows = self.database.read(|| {
            Statement::new(NEWEST_UP_TO).integers(lanes.clone()).longs(lasts.clone()).long(NEWEST)
        })?;
        let read = rows.iter().map(|row| {
            booked(self.database.numbering, unreadable(row.try_get(0))?, unreadable(row.try_get(1))?)
        });
        self.newest = read.collect::<Result<_, LedgerError>>()?;
        Ok(())
    }

    pub(in crate::engine) fn since(&mut self, at: Timestamp) -> Result<LanePosition, LedgerError> {
        // The frames of the instant itself come after the position.
        let lasts = self.bounds(at.microseconds(), 0)?;
        Ok(LanePosition { lasts, is_own: false })
    }

    pub(in crate::engine) fn facts_after(&self, position: &LanePosition) -> Result<u64, LedgerError> {
        let lanes: Vec<i32> = position.lasts.keys().copied().collect();
        let lasts: Vec<i64> = position.lasts.values().map(|last| to_long(*last)).collect();
        let rows = self
            .database
            .read(|| Statement::new(FACTS_AFTER).integers(lanes.clone()).longs(lasts.clone()))?;
        let facts: i64 = rows.first().map_or(Ok(0), |row| unreadable(row.try_get(0)))?;
        Ok(u64::try_from(facts).unwrap_or_default())
    }
}
