//! What the lanes and the readers of a ledger share: its connections, and what this program's commits have done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::Row;

use super::attempt::READ_MIN;
use super::clock::DatabaseClock;
use super::driver::{Driver, wait_until};
use super::failure::DatabaseFailure;
use super::names::{Numbering, number};
use super::opening::Connecting;
use super::position::LanePosition;
use super::session::Session;
use super::statement::Statement;
use crate::domain::ids::FactNumber;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock as _, SystemClock};
use crate::engine::feed::CommitFeed;
use crate::error::LedgerError;

/// Connections that wait for readers, at most.
const IDLE_MAX: usize = 8;
/// Time for reads and due work when the ledger is closed, and again for positions and leases when its lanes have ended.
pub(super) const CLOSES_WITHIN: Duration = Duration::from_secs(2);
/// The least time for a step of it.
const STEP_MIN: Duration = Duration::from_millis(500);
/// Attempts at a read that loses against other transactions.
const READS_MAX: usize = 5;

/// A ledger's database.
pub(super) struct Database {
    driver: Driver,
    pub(super) numbering: Numbering,
    /// The random id of this program's handle.
    pub(super) holder: [u8; 16],
    /// The statement that begins a transaction.
    pub(super) begin: &'static str,
    /// Longest time until a write is answered.
    pub(super) answer_within: Duration,
    /// `None` if the application has a clock of its own.
    clock: Option<Arc<DatabaseClock>>,
    /// Connections for readers.
    idle: Mutex<Vec<Session>>,
    /// The instant of the last frame that this program committed or read.
    last_at: AtomicI64,
    /// The lanes that this program has written, each with the last fact before.
    own: Mutex<BTreeMap<i32, FactNumber>>,
    pub(super) feed: Arc<CommitFeed>,
    pub(super) counts: DatabaseCounts,
    /// The reading of the monotonic clock until which a ledger that is being closed waits.
    closes_by: Mutex<Option<Duration>>,
    /// Whether the ledger is closed, so that nothing is read any more.
    is_closed: AtomicBool,
}

/// Counts since the ledger was opened.
#[derive(Debug, Default)]
pub(super) struct DatabaseCounts {
    /// Batches that were sent again.
    pub(super) retries: AtomicU64,
    commits: AtomicU64,
}

impl Database {
    pub(super) fn new(
        driver: Driver,
        numbering: Numbering,
        holder: [u8; 16],
        Connecting { begin, answer_within, .. }: Connecting,
        clock: Option<Arc<DatabaseClock>>,
        feed: Arc<CommitFeed>,
    ) -> Self {
        Self {
            driver,
            numbering,
            holder,
            begin,
            answer_within,
            clock,
            idle: Mutex::default(),
            last_at: AtomicI64::new(i64::MIN),
            own: Mutex::default(),
            feed,
            counts: DatabaseCounts::default(),
            closes_by: Mutex::default(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Prepares no statements any more.
    pub(super) fn share_sessions(&self) {
        self.driver.share_sessions();
    }

    /// Opens a connection of a lane; `until` makes the time by which it is open shorter.
    pub(super) fn connect_lane(
        &self,
        until: &dyn Fn(Duration) -> Duration,
    ) -> Result<Session, DatabaseFailure> {
        self.driver.connect_lane(until)
    }

    /// A reading of the monotonic clock until which a step waits for the database, or an earlier one once the ledger is being
    /// closed, when each step that begins has a little time all the same.
    pub(super) fn unless_closing(&self, by: Duration, began: Duration) -> Duration {
        if !self.feed.is_closed() {
            return by;
        }
        let mut closes_by = self.closes_by.lock().unwrap_or_else(PoisonError::into_inner);
        let closes_by =
            *closes_by.get_or_insert_with(|| SystemClock.monotonic().saturating_add(CLOSES_WITHIN));
        by.min(closes_by.max(began.saturating_add(STEP_MIN)))
    }

    /// Whether the ledger is being closed.
    pub(super) fn is_closing(&self) -> bool {
        self.feed.is_closed()
    }

    /// Gives time to the steps after the end of the lanes.
    pub(super) fn begin_last(&self) {
        let closes_by = SystemClock.monotonic().saturating_add(CLOSES_WITHIN);
        *self.closes_by.lock().unwrap_or_else(PoisonError::into_inner) = Some(closes_by);
    }

    /// Ends all reads, and the connections of the readers.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Runs a statement on a connection of the readers. A connection that the server has ended is replaced once, and a read
    /// that loses against other transactions is sent again.
    pub(super) fn read(&self, statement: impl Fn() -> Statement) -> Result<Vec<Row>, LedgerError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(LedgerError::closed());
        }
        let by = SystemClock.monotonic().saturating_add(self.answer_within);
        let (mut is_new, mut reads) = (false, 0);
        loop {
            reads += 1;
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let session = if let Some(session) = idle.filter(|session| !session.is_closed() && !is_new) {
                Ok(session)
            } else {
                is_new = true;
                let began = SystemClock.monotonic();
                self.driver.connect_until(&|by| self.unless_closing(by, began))
            };
            let read = session.and_then(|session| {
                // A new connection has some time, however long it took.
                let began = SystemClock.monotonic();
                let by = by.max(began.saturating_add(READ_MIN.min(self.answer_within)));
                let until = || self.unless_closing(by, began);
                let rows = wait_until(until, session.run(statement()))?;
                Ok((session, rows))
            });
            match read {
                Ok((session, rows)) => {
                    let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                    if idle.len() < IDLE_MAX && !self.is_closed.load(Ordering::Acquire) {
                        idle.push(session);
                    }
                    return Ok(rows);
                }
                Err(failure) if failure.is_of_connection() && !is_new => is_new = true,
                Err(failure) if failure.is_serialization() && reads < READS_MAX => {}
                Err(failure) => return Err(failure.into_error("the ledger cannot be read")),
            }
        }
    }

    /// Runs a statement whose rows are lanes and numbers of facts.
    pub(super) fn positions(
        &self,
        statement: impl Fn() -> Statement,
    ) -> Result<BTreeMap<i32, FactNumber>, LedgerError> {
        let rows = self.read(statement)?;
        rows.iter()
            .map(|row| Ok((unreadable(row.try_get(0))?, number(unreadable(row.try_get(1))?))))
            .collect()
    }

    /// Takes a reading of the database's clock, in microseconds since 1970.
    /// It was read since this monotonic reading.
    pub(super) fn read_clock(&self, now: i64, since: Duration) {
        if let Some(clock) = &self.clock {
            clock.set(now, since);
        }
    }

    /// Notes a commit of this program: the instant of its frames, and its lane with the last fact.
    pub(super) fn committed(&self, at: Timestamp) {
        self.last_at.fetch_max(at.microseconds(), Ordering::AcqRel);
        let commits = self.counts.commits.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        self.feed.publish(FactNumber(commits));
    }

    /// Notes a lane that this program took after a fact.
    pub(super) fn holds(&self, lane: i32, last: FactNumber) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(lane, last);
    }

    /// Notes a lane that another program took: its handlers receive no events of it until it is taken back.
    pub(super) fn loses(&self, lane: i32) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).remove(&lane);
    }

    /// The lanes that this program has written, each with the last fact before.
    pub(super) fn own_lanes(&self) -> BTreeMap<i32, FactNumber> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A position with every lane that it follows, if it follows those of this program.
    pub(super) fn followed(&self, position: &LanePosition) -> LanePosition {
        if !position.is_own {
            return position.clone();
        }
        let mut lasts = self.own_lanes();
        // Another program may have written the lane before it was taken again.
        for (lane, last) in &mut lasts {
            *last = position.lasts.get(lane).copied().unwrap_or(*last).max(*last);
        }
        LanePosition { lasts, is_own: true }
    }

    /// The instant of the last frame that this program knows.
    pub(super) fn last_at(&self) -> Timestamp {
        Timestamp::from_microseconds(self.last_at.load(Ordering::Acquire))
    }

    /// Notes the instant of a frame.
    pub(super) fn saw(&self, at: Timestamp) {
        self.last_at.fetch_max(at.microseconds(), Ordering::AcqRel);
    }
}

/// A value of a row, which has the type that the tables say.
pub(super) fn unreadable<T>(value: Result<T, tokio_postgres::Error>) -> Result<T, LedgerError> {
    value.map_err(|error| LedgerError::damaged(format!("a row cannot be read ({error})")))
}
