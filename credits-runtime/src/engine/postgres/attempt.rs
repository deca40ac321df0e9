//! One attempt at a batch: a trip that locks and fetches records, the decision, and a trip that writes and commits.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;

use super::driver::{wait_for, wait_until};
use super::failure::DatabaseFailure;
use super::fetched::{FetchedRecords, FetchedSource, NotFetched, Wants, wallet_id};
use super::lane::{LaneWork, WriteLane};
use super::lease::{HELD_FOR, Lease};
use super::names::{LANES, RowName, number, to_long};
use super::opening::check_format;
use super::session::Session;
use super::statement::Statement;
use super::writes::Writes;
use crate::domain::ids::{FactNumber, Owner};
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::engine::batch::batch::{Batch, Position, Verdict};
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::batch::source::DueRecord;
use crate::engine::clock::{Clock as _, SystemClock};
use crate::engine::journal::block::Head;
use crate::engine::request::inbox::Waiting;
use crate::engine::rows::Scheduled;
use crate::engine::tuning::DUE_RECORDS_MAX;
use crate::engine::writer::decider::{decide_request, release_hold, rule_broken};
use crate::error::{LedgerError, LedgerErrorKind};

/// The least time for the steps of an attempt. A step that may have written is waited for longer, because its outcome is not
/// known before it ends.
pub(super) const READ_MIN: Duration = Duration::from_secs(1);
const WRITE_MIN: Duration = Duration::from_secs(10);
const CONNECT_MIN: Duration = Duration::from_secs(2);

/// A commit is durable before it is answered, whatever the database's default is.
const LANE: &str = "
    SELECT l.epoch, l.batches, l.last, l.at, l.head, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
        CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END,
        moved, ledger.format
    FROM lanes l, ledger WHERE l.lane = $1 FOR UPDATE OF l";

/// The division by zero refuses the batch of a program that lost its lane.
pub(super) const ADVANCE: &str = "
    WITH changed AS (
        UPDATE lanes SET batches = batches + 1, facts = facts + $8, last = $4, at = $5, head = $6, held_until = $7
        WHERE lane = $1 AND epoch = $2 AND batches = $3
        RETURNING 1
    ) SELECT 1 / count(*) FROM changed";

/// Whether a frame is in the journal.
const FRAME: &str = "SELECT body FROM journal WHERE lane = $1 AND number = $2";

const DUE_RECORDS: &str = "
    SELECT owner, record, facts, last, at, due, attention, head, body
    FROM records WHERE due <= $1 ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED";

const DUE_WALLETS: &str = "
    SELECT owner, asset, last, at, floor, head, body, due
    FROM wallets WHERE due <= $1 ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED";

/// A decided batch.
#[derive(Default)]
pub(super) struct Decided {
    /// The outcome of each request.
    pub(super) verdicts: Vec<Verdict>,
    /// Its frames, encoded one after another.
    pub(super) frames: Arc<Vec<u8>>,
    /// The first error of due work.
    pub(super) due_failed: Option<LedgerError>,
    /// The number of the declared catalogue.
    pub(super) catalogue: u32,
    /// Whether more work may be due.
    pub(super) has_more_due: bool,
}

/// The error of a database that is an older copy of itself.
fn lost_commits(batches: i64) -> LedgerError {
    let message = format!(
        "the database lost at least {batches} batches that were answered, such as after a standby took over that was not \
         synchronous: nothing is written until the ledger is opened again; compare it with what the application knows first"
    );
    tracing::error!(message);
    LedgerError::new(LedgerErrorKind::LogDisagrees, message)
}

/// The error of a program that was connected before a ledger moved into its database.
fn moved_meanwhile() -> LedgerError {
    let message = "another ledger was moved into the database since this program opened it: open it again";
    LedgerError::new(LedgerErrorKind::NotALedger, message)
}

/// The result of an attempt.
pub(super) enum Attempted {
    Written(Box<Decided>),
    /// These records must be fetched as well.
    Lacks(Box<(Wants, FetchedRecords)>),
}

/// A batch whose commit was not answered: its first frame, which the journal has if it was committed.
pub(super) struct Unsettled {
    lane: i32,
    first: FactNumber,
    body: Vec<u8>,
    /// The batches of the lane with this one.
    batches: i64,
    /// The instant of its last frame.
    at: Timestamp,
    decided: Box<Decided>,
}

/// The row of a lane under its lock.
struct LaneRow {
    batches: i64,
    last: FactNumber,
    at: Timestamp,
    head: Head,
    /// The database's time.
    now: Timestamp,
}

/// What was decided over the fetched records.
enum LaneDecision {
    Sealed(Option<Box<SealedBatch>>, Box<Decided>),
    Lacks(Wants),
}

impl WriteLane {
    /// Attempts a batch over the records that it needs as far as they are known. `known` are records that were fetched
    /// before.
    pub(super) fn attempt(
        &mut self,
        work: &LaneWork<'_>,
        wants: &Wants,
        known: Option<FetchedRecords>,
    ) -> Result<Attempted, DatabaseFailure> {
        let own = self.session.take().filter(|session| !session.is_closed());
        let session = if let Some(session) = own {
            session
        } else {
            let until = self.step(work, CONNECT_MIN);
            self.database.connect_lane(&|by| by.min(until()))?
        };
        let attempted = self.attempt_on(&session, work, wants, known);
        match &attempted {
            Err(failure) if failure.is_of_connection() => {}
            Err(_) | Ok(Attempted::Lacks(_)) => {
                Self::roll_back(&session);
                self.session = Some(session);
            }
            Ok(Attempted::Written(_)) => self.session = Some(session),
        }
        attempted
    }

    fn attempt_on(
        &mut self,
        session: &Session,
        work: &LaneWork<'_>,
        wants: &Wants,
        known: Option<FetchedRecords>,
    ) -> Result<Attempted, DatabaseFailure> {
        let (lease, is_new) = self.held(session, work)?;
        let sent = SystemClock.monotonic();
        let mut statements = vec![
            Statement::unnamed(self.database.begin),
            session.begin(),
            Statement::new(LANE).integer(lease.lane),
        ];
        let own = statements.len();
        let asked = wants.statements(self.database.numbering);
        let fetches: Vec<_> = asked.iter().map(|(_, fetch)| *fetch).collect();
        statements.extend(asked.into_iter().map(|(statement, _)| statement));
        let due_from = statements.len();
        if work.is_due {
            statements.extend(self.due_statements());
        }
        let settling = self.unsettled.as_ref();
        statements.extend(settling.map(|it| Statement::new(FRAME).integer(it.lane).long(to_long(it.first))));
        let mut rows = wait_until(self.step(work, READ_MIN), session.run_all(&statements))?;
        session.check(rows.get(1).map(Vec::as_slice).unwrap_or_default())?;
        if self.unsettled.is_some() {
            let found = rows.pop().unwrap_or_default();
            if let Some(decided) = self.settle(&found)? {
                Self::roll_back(session);
                return Ok(Attempted::Written(decided));
            }
        }
        let mut fetched = FetchedRecords::new(self.database.numbering);
        let due_rows = rows.split_off(due_from);
        let fetched_rows = rows.split_off(own);
        let Some(lane) = self.lane_row(rows.pop().unwrap_or_default().first(), lease, sent)? else {
            // The next attempt takes another lane.
            self.lease = None;
            self.database.loses(lease.lane);
            return Err(DatabaseFailure::LaneLost);
        };
        for (fetch, rows) in fetches.into_iter().zip(fetched_rows) {
            fetched.add(fetch, rows)?;
        }
        if let Some(known) = known {
            fetched.keep_frames_of(known);
        }
        self.add_due(&mut fetched, due_rows)?;
        if is_new {
            self.database.holds(lease.lane, lane.last);
        }
        let position = Position {
            next: self.database.numbering.numbers_of(lease.lane, lane.last).beyond(fetched.last),
            tail: None,
            last_at: lane.at.max(fetched.at),
            totals: Arc::new(Totals::default()),
        };
        let (sealed, decided) = match self.decide(work, wants, &fetched, &position)? {
            LaneDecision::Lacks(missing) => return Ok(Attempted::Lacks(Box::new((missing, fetched)))),
            LaneDecision::Sealed(None, decided) => {
                Self::roll_back(session);
                return Ok(Attempted::Written(decided));
            }
            LaneDecision::Sealed(Some(sealed), decided) => (sealed, decided),
        };
        let Writes { mut statements, head, facts, first_frame } =
            Writes::of(&sealed, &fetched, &self.policy, (lease.lane, lane.head))?;
        let last = match first_frame {
            Some(_) => FactNumber(sealed.position.next.first().get().saturating_sub(u64::from(LANES))),
            None => lane.last,
        };
        let held_until = lane.now.after(HELD_FOR);
        statements.push(
            Statement::new(ADVANCE)
                .integer(lease.lane)
                .long(lease.epoch)
                .long(lane.batches)
                .long(to_long(last))
                .long(sealed.position.last_at.microseconds())
                .bytes(head)
                .long(held_until.microseconds())
                .long(facts),
        );
        statements.push(Statement::unnamed("COMMIT"));
        let (first, body) = first_frame.unwrap_or((FactNumber(0), Vec::new()));
        let batches = lane.batches.saturating_add(1);
        self.unsettled =
            Some(Unsettled { lane: lease.lane, first, body, batches, at: sealed.position.last_at, decided });
        let result = wait_until(self.step(work, WRITE_MIN), session.run_all(&statements));
        if let Err(failure) = &result
            && !failure.is_of_connection()
        {
            // A statement failed, so that the commit rolled everything back.
            self.unsettled = None;
        }
        result?;
        let Some(Unsettled { decided, .. }) = self.unsettled.take() else {
            return Err(DatabaseFailure::Away);
        };
        self.answered = Some((lease.lane, batches));
        self.database.committed(sealed.position.last_at);
        Ok(Attempted::Written(decided))
    }

    /// The statements that find records and wallets with due work, with room for those that are passed over.
    fn due_statements(&self) -> [Statement; 2] {
        let max = DUE_RECORDS_MAX.saturating_add(self.failed_due.len());
        let (now, max) = (self.clock.now().microseconds(), i64::try_from(max).unwrap_or(i64::MAX));
        [DUE_RECORDS, DUE_WALLETS].map(|sql| Statement::unnamed(sql).long(now).long(max))
    }

    /// The lane that this program holds.
    /// Also returns whether it was taken just now.
    fn held(&mut self, session: &Session, work: &LaneWork<'_>) -> Result<(Lease, bool), DatabaseFailure> {
        if let Some(lease) = self.lease {
            return Ok((lease, false));
        }
        let taken = Lease::take(session, self.database.holder);
        let lease = wait_until(self.step(work, WRITE_MIN), taken)?;
        self.lease = Some(lease);
        Ok((lease, true))
    }

    fn roll_back(session: &Session) {
        // If it fails, the next statement does too, and the connection is replaced.
        _ = wait_for(READ_MIN, session.run(Statement::unnamed("ROLLBACK")));
    }

    /// The reading of the monotonic clock until which a step of an attempt that begins now may take: when the batch is answered,
    /// or after the least time for the step; earlier for work without a caller, once the ledger is being closed.
    fn step(&self, work: &LaneWork<'_>, at_least: Duration) -> impl Fn() -> Duration {
        let (began, database) = (SystemClock.monotonic(), Arc::clone(&self.database));
        let by = self.answer_by.max(began.saturating_add(at_least.min(database.answer_within)));
        let is_asked = !work.requests.is_empty();
        move || if is_asked { by } else { database.unless_closing(by, began) }
    }

    /// Finds out whether the last batch was committed; returns its outcome if it was.
    fn settle(&mut self, found: &[Row]) -> Result<Option<Box<Decided>>, DatabaseFailure> {
        let Some(unsettled) = self.unsettled.take() else { return Ok(None) };
        let body: Option<&[u8]> = found.first().map(|row| row.try_get(0)).transpose()?;
        if body != Some(&unsettled.body[..]) {
            return Ok(None);
        }
        self.database.committed(unsettled.at);
        self.answered = Some((unsettled.lane, unsettled.batches));
        Ok(Some(unsettled.decided))
    }

    /// The row of the lane, unless another program holds it. Takes the database's reading of its clock.
    fn lane_row(
        &self,
        row: Option<&Row>,
        lease: Lease,
        sent: Duration,
    ) -> Result<Option<LaneRow>, DatabaseFailure> {
        let Some(row) = row else { return Ok(None) };
        let (epoch, now): (i64, i64) = (row.try_get(0)?, row.try_get(5)?);
        self.database.read_clock(now, sent);
        if epoch != lease.epoch {
            return Ok(None);
        }
        let moved: Option<i64> = row.try_get(7)?;
        if moved.map(number) != Some(self.database.numbering.moved) {
            return Err(moved_meanwhile().into());
        }
        let format: i32 = row.try_get(8)?;
        check_format(format)?;
        let head: &[u8] = row.try_get(4)?;
        let at = Timestamp::from_microseconds(row.try_get(3)?);
        let (batches, last) = (row.try_get(1)?, number(row.try_get(2)?));
        if let Some((lane, answered)) = self.answered
            && lane == lease.lane
            && batches < answered
        {
            return Err(lost_commits(answered.saturating_sub(batches)).into());
        }
        let at = if batches == 0 { Timestamp::MIN } else { at };
        Ok(Some(LaneRow {
            batches,
            last,
            at,
            head: head.try_into().unwrap_or_default(),
            now: Timestamp::from_microseconds(now),
        }))
    }

    /// Decides the batch.
    fn decide(
        &mut self,
        work: &LaneWork<'_>,
        wanted: &Wants,
        fetched: &FetchedRecords,
        position: &Position,
    ) -> Result<LaneDecision, DatabaseFailure> {
        let mut missing = Wants::default();
        let now = self.clock.now().max(position.last_at);
        let unconfirmed = self.unconfirmed(position.last_at);
        let mut decided = Box::new(Decided::default());
        let failed_before = work.is_due.then(|| self.failed_due.clone());
        let keys_kept_from = now.before(self.policy.keep_keys);
        let source = FetchedSource { fetched, wanted, missing: &mut missing, keys_kept_from };
        let mut batch = Batch::new(source, &self.policy, position).waiting_up_to(self.waiting_max);
        let (mut failed, lacks) = (None, Cell::new(false));
        let mut note = |error: NotFetched| match error {
            NotFetched::Missing => lacks.set(true),
            NotFetched::Failed(error) => failed = failed.take().or(Some(error)),
        };
        if work.is_due {
            decided.due_failed.clone_from(&self.unreadable_due);
            let due = AssertUnwindSafe(|| batch.book_due(now, &self.sale, &mut self.failed_due));
            let Ok(due) = catch_unwind(due) else {
                tracing::error!("a rule was broken while booking due work; nothing of the batch was written");
                if let Some(record) = batch.interrupted() {
                    self.failed_due.add(record.clone(), now);
                }
                return Err(rule_broken().into());
            };
            match due {
                Ok(booked) => match booked.failed {
                    Some(NotFetched::Missing) => lacks.set(true),
                    Some(NotFetched::Failed(error)) if booked.is_torn => note(error.into()),
                    Some(NotFetched::Failed(error)) => {
                        decided.due_failed = decided.due_failed.or(Some(error));
                    }
                    None => {}
                },
                Err(error) => note(error),
            }
        } else if let Some(terms) = work.declares {
            let list = fetched.records.get(&RowName::catalogues());
            let mut list = list.map(|found| found.row.record()).transpose()?.unwrap_or_default();
            decided.catalogue = batch.declare(&mut list, terms, now);
        } else if work.extends > 0 {
            self.renewals.extend_some(&mut batch, now, work.extends);
        } else if unconfirmed.is_none() {
            for (wallet, hold) in work.releases {
                release_hold(&mut batch, wallet, *hold, &self.sale, now);
            }
        }
        for Waiting { request, .. } in work.requests {
            if let Some(rejection) = &unconfirmed {
                decided.verdicts.push(Err(rejection.clone()));
                continue;
            }
            match decide_request(&mut batch, request, &self.sale, now) {
                Ok(verdict) => decided.verdicts.push(verdict),
                Err(error) => note(error),
            }
        }
        let sealed = (!batch.is_empty()).then(|| Box::new(batch.sealed()));
        if !missing.is_empty() || lacks.get() {
            if let Some(before) = failed_before {
                self.failed_due = before;
            }
            return Ok(LaneDecision::Lacks(missing));
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        if let Some(sealed) = &sealed {
            // What was booked may make more due at once.
            decided.has_more_due = work.is_due;
            decided.frames = Arc::clone(&sealed.frames);
        }
        Ok(LaneDecision::Sealed(sealed, decided))
    }
}

impl WriteLane {
    /// Adds records with due work. One that cannot be read is passed over, until its next attempt.
    fn add_due(
        &mut self,
        fetched: &mut FetchedRecords,
        mut rows: Vec<Vec<Row>>,
    ) -> Result<(), DatabaseFailure> {
        let (wallets, records) = (rows.pop().unwrap_or_default(), rows.pop().unwrap_or_default());
        for row in &records {
            let name: &str = row.try_get(0)?;
            let broken = || LedgerError::damaged("the owner of a record cannot be read");
            let record = Scheduled::Billing(Owner::stored(name).ok_or_else(broken)?);
            let added = fetched.add_record(row).map(drop);
            self.add_due_record(fetched, record, row.try_get(5)?, added);
        }
        for row in &wallets {
            let record = Scheduled::Wallet(wallet_id(row)?);
            let added = fetched.add_wallet(row).map(drop);
            self.add_due_record(fetched, record, row.try_get(7)?, added);
        }
        fetched.due.sort_unstable();
        Ok(())
    }

    fn add_due_record(
        &mut self,
        fetched: &mut FetchedRecords,
        record: Scheduled,
        at: i64,
        added: Result<(), DatabaseFailure>,
    ) {
        match added {
            Ok(()) => {
                let at = Timestamp::from_microseconds(at);
                fetched.due.push(DueRecord { at, record, is_filed: true });
            }
            Err(failure) => {
                let error = failure.into_error("a record with due work cannot be read");
                self.failed_due.begin(self.clock.now());
                if !self.failed_due.has(&record) {
                    self.failed_due.add(record, self.clock.now());
                    self.unreadable_due = Some(error);
                }
            }
        }
    }
}
