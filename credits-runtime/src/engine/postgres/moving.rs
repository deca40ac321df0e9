//! Moving a ledger from its file into a database: every frame of the journal as it is, with its numbers, in a lane that no
//! program writes. Records are derived from the frames again, so that nothing else is copied but the positions of
//! subscribers.
//!
//! Each transaction moves some frames, in their order. A move that was interrupted continues after the last one. The moved
//! ledger is verified and compared before the move is complete, and until then no program opens it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;

use super::attempt::ADVANCE;
use super::database::unreadable;
use super::driver::{Driver, wait_for};
use super::failure::DatabaseFailure;
use super::fetched::{Fetch, FetchedRecords, FetchedSource, NotFetched, Wants, head};
use super::names::{MOVED_LANE, Numbering, RowName, number, to_long};
use super::opening::{FORMAT, LOCK, LOCK_TIMEOUT, LedgerRow, check_format, ledger_row, make_tables};
use super::session::Session;
use super::statement::Statement;
use super::writes::{Writes, chained};
use crate::domain::billing::waiting::WaitingEvent;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::declarations::Catalogues;
use crate::domain::fact::RecordId;
use crate::domain::ids::{Asset, FactNumber, Owner, WalletId};
use crate::domain::numbers::Numbers;
use crate::domain::owner_range::OwnerRange;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::engine::batch::batch::{Batch, Position};
use crate::engine::core::{Core, Engine};
use crate::engine::file_engine::FileEngine;
use crate::engine::journal::block::Head;
use crate::engine::journal::frame;
use crate::engine::journal_reader::{JournalPosition, JournalReader};
use crate::engine::keys::keys_of_wallets;
use crate::engine::rows::encode;
use crate::engine::verify::VerifyProgress;
use crate::error::{LedgerError, LedgerErrorKind};

/// Longest time until the database answers.
const ANSWER_WITHIN: Duration = Duration::from_mins(5);
/// Facts that one transaction moves, if no frame has more.
const FACTS_AT_ONCE: usize = 2_000;
/// Wallets that are compared at once.
pub(super) const WALLETS_AT_ONCE: usize = 500;

const ENTRIES: &str = "SELECT EXISTS (SELECT FROM journal)";

/// Takes a database without facts that no program has open, or continues a move into it.
const CLAIM: &str = "
    UPDATE ledger SET id = $1, moved = NULL
    WHERE (moved IS NULL AND id = $1) OR NOT EXISTS (SELECT FROM journal) AND NOT EXISTS (
        SELECT FROM lanes WHERE lane <> $2 AND held_until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    )";

const HELD: &str = "
    SELECT count(*) FROM lanes
    WHERE lane <> $1 AND held_until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
        AND NOT EXISTS (SELECT FROM journal)";

/// The ledger that is moved into the tables, if one is.
const CLAIMED: &str = "SELECT id FROM ledger WHERE moved IS NULL FOR UPDATE";

/// The lane has no holder and no end.
const ADD_LANE: &str = r"
    INSERT INTO lanes (lane, epoch, holder, format, held_until, batches, facts, last, at, head)
    VALUES ($1, 0, '\x', $3, $2, 0, 0, 0, 0, '\x') ON CONFLICT DO NOTHING";

const LANE: &str = "SELECT batches, last, at, head FROM lanes WHERE lane = $1 FOR UPDATE";

/// Lane 0 says that a subscriber has begun.
const SUBSCRIBERS: &str = "
    INSERT INTO subscribers (name, lane, last)
    SELECT name, lane, CASE lane WHEN 0 THEN 0 ELSE last END
    FROM unnest($1::text[], $2::bigint[]) AS moved (name, last) CROSS JOIN (VALUES (0), ($3::int)) AS lanes (lane)
    ON CONFLICT DO NOTHING";

/// The moved ledger is durable, whatever the database's default is.
const DURABLE: &str = "
    SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END";

/// The division by zero refuses a move that is not this one any more.
const COMPLETE: &str = "
    WITH changed AS (
        UPDATE ledger SET moved = $1, covers = $2 WHERE id = $3 AND moved IS NULL RETURNING 1
    ) SELECT 1 / count(*) FROM changed";

pub(super) const COUNT: &str = "SELECT count(*) FROM wallets";

pub(super) const WALLETS: &str = r#"
    SELECT owner, balance, held, debt, last, body FROM wallets
    WHERE asset = $1 AND owner = ANY ($2 COLLATE "C")"#;

/// The tables of a ledger that moves.
pub(super) struct Tables {
    session: Session,
    /// It drives the session.
    _driver: Driver,
}

/// The row of the lane of moved facts.
struct MovedLane {
    batches: i64,
    last: FactNumber,
    at: Timestamp,
    head: Head,
}

/// A ledger whose facts are moved into a database, and that no program opens there yet.
pub(crate) struct Arriving<'a> {
    file: &'a Core,
    tables: Tables,
    last: FactNumber,
}

/// Moves every frame of a file's ledger.
pub(crate) fn move_from_file<'a>(
    file: &'a Core,
    url: &str,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<Arriving<'a>, LedgerError> {
    // Facts that contradict their record panic when they are applied.
    let moved = catch_unwind(AssertUnwindSafe(|| move_frames(file, Tables::connect(url)?, progress)));
    moved.unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

fn move_frames<'a>(
    file: &'a Core,
    tables: Tables,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<Arriving<'a>, LedgerError> {
    file_of(file)?;
    tables.claim(file)?;
    let (mut reader, mut catalogues) = (file.journal()?, tables.catalogues()?);
    let mut lane = tables.lane()?;
    let of = reader.facts_after(&JournalPosition::START)?;
    let mut position = moved_before(&mut reader, &lane)?;
    let mut wants = Wants::default();
    loop {
        let (mut frames, mut facts) = (Vec::new(), 0_usize);
        while facts < FACTS_AT_ONCE
            && let Some((booked, next)) = reader.after(&position)?
        {
            facts = facts.saturating_add(booked.facts.len());
            wants.extend(wants_of(&booked));
            frames.push(booked);
            position = next;
        }
        if frames.is_empty() {
            break;
        }
        lane = tables.write(&frames, std::mem::take(&mut wants), (file, &mut catalogues, &lane))?;
        progress(VerifyProgress { facts: of.saturating_sub(reader.facts_after(&position)?), of });
    }
    Ok(Arriving { file, tables, last: lane.last })
}

/// The position after the frames that were moved before, which must be those of the file.
fn moved_before(reader: &mut JournalReader, lane: &MovedLane) -> Result<JournalPosition, LedgerError> {
    let (mut position, mut head, mut last) = (JournalPosition::START, Head::default(), FactNumber(0));
    while last < lane.last
        && let Some((booked, next)) = reader.after(&position)?
    {
        let mut body = Vec::new();
        frame::write(&booked, &mut body);
        head = chained(&head, &body);
        last = booked.numbered().last().map_or(booked.first(), |(number, _)| number);
        position = next;
    }
    if (last, head) == (lane.last, lane.head) {
        return Ok(position);
    }
    let message = format!(
        "the file has changed since its move began, the first {} facts of the database are not its: empty the schema, and move \
         the ledger again",
        lane.last
    );
    Err(LedgerError::new(LedgerErrorKind::NotALedger, message))
}

impl Arriving<'_> {
    /// Compares every wallet of the file with the moved one; returns their number.
    pub(crate) fn compare(&self) -> Result<u64, LedgerError> {
        let mut compared = 0_u64;
        for asset in self.file.assets() {
            let mut range = OwnerRange { prefix: String::new(), after: None, max: WALLETS_AT_ONCE };
            loop {
                let owners = self.file.owners_of(&asset, &range)?;
                let Some(last) = owners.last() else { break };
                range.after = Some(last.clone());
                self.tables.compare(self.file, &asset, &owners)?;
                compared = compared.saturating_add(owners.len() as u64);
            }
        }
        let rows = self.tables.run(&[Statement::unnamed(COUNT)])?;
        let moved: i64 = rows.iter().flatten().next().map_or(Ok(0), |row| unreadable(row.try_get(0)))?;
        if u64::try_from(moved) != Ok(compared) {
            return Err(differs(&format!("the database has {moved} wallets, and the file has {compared}")));
        }
        Ok(compared)
    }

    /// Moves the positions of subscribers, and lets programs open the ledger.
    pub(crate) fn complete(self) -> Result<(), LedgerError> {
        let snapshot = file_of(self.file)?.store.snapshot()?;
        let covers = snapshot.covers()?.and_then(|covers| i32::try_from(covers).ok());
        let cursors = snapshot.cursors()?;
        let told = |next: &FactNumber| to_long(*next).saturating_sub(1);
        self.tables.run(&[
            Statement::unnamed("BEGIN"),
            Statement::unnamed(DURABLE),
            Statement::unnamed(SUBSCRIBERS)
                .texts(cursors.keys().cloned().collect())
                .longs(cursors.values().map(told).collect())
                .integer(MOVED_LANE),
            Statement::unnamed(COMPLETE)
                .long(to_long(self.last))
                .integer_option(covers)
                .bytes(self.file.id()),
            Statement::unnamed("COMMIT"),
        ])?;
        Ok(())
    }
}

fn file_of(core: &Core) -> Result<&FileEngine, LedgerError> {
    match &core.engine {
        Engine::File(engine) => Ok(engine),
        Engine::Postgres(_) => {
            let message = "a ledger is moved into a database from a file: name a file";
            Err(LedgerError::new(LedgerErrorKind::Unsupported, message))
        }
    }
}

fn differs(what: &str) -> LedgerError {
    LedgerError::damaged(format!("{what}: empty the schema, and move the ledger again"))
}

fn failed(failure: DatabaseFailure) -> LedgerError {
    failure.into_error("the ledger cannot be moved")
}

/// The records that the facts of a frame are about, and its keys.
fn wants_of(booked: &Booked) -> Wants {
    let mut wants = Wants::default();
    for fact in &booked.facts {
        match &fact.record {
            RecordId::Wallet(id) => _ = wants.wallets.insert(id.clone()),
            other => _ = wants.records.insert(RowName::of(other)),
        }
        match &fact.body {
            Body::Waits { event, full } => {
                let waiting = WaitingEvent { event: event.clone(), full: full.clone() };
                wants.under.extend(waiting.under().cloned());
            }
            Body::Freed { event } | Body::GaveWay { event, .. } => _ = wants.events.insert(*event),
            _ => {}
        }
    }
    wants.keys.extend(keys_of_wallets(booked).map(|(key, wallet)| (wallet.owner.clone(), key)));
    wants
}

impl Tables {
    pub(super) fn connect(url: &str) -> Result<Self, LedgerError> {
        let driver = Driver::start(url, ANSWER_WITHIN)?;
        Ok(Self { session: driver.connect().map_err(failed)?, _driver: driver })
    }

    pub(super) fn run(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, LedgerError> {
        wait_for(ANSWER_WITHIN, self.session.run_all(statements)).map_err(failed)
    }

    pub(super) fn ledger(&self) -> Result<LedgerRow, LedgerError> {
        wait_for(ANSWER_WITHIN, ledger_row(&self.session)).map_err(failed)
    }

    /// Makes the tables, unless there are empty ones, and gives them the ledger's id.
    fn claim(&self, file: &Core) -> Result<(), LedgerError> {
        wait_for(ANSWER_WITHIN, make_tables(&self.session)).map_err(failed)?;
        let LedgerRow { id, moved, format, .. } = self.ledger()?;
        check_format(format)?;
        if id == file.id() && moved.is_none() {
            return Ok(());
        }
        let rows = self.run(&[Statement::unnamed(ENTRIES)])?;
        let has_entries = rows.iter().flatten().next().map_or(Ok(false), |row| unreadable(row.try_get(0)))?;
        if !has_entries {
            let rows = self.run(&[
                Statement::unnamed("BEGIN"),
                Statement::unnamed(LOCK_TIMEOUT),
                Statement::unnamed(LOCK),
                Statement::unnamed(CLAIM).bytes(file.id()).integer(MOVED_LANE),
                Statement::unnamed(HELD).integer(MOVED_LANE),
                Statement::unnamed(ADD_LANE).integer(MOVED_LANE).long(i64::MAX).integer(FORMAT),
                Statement::unnamed("COMMIT"),
            ])?;
            let held: i64 = rows.iter().flatten().next().map_or(Ok(0), |row| unreadable(row.try_get(0)))?;
            let claimed = self.ledger()?;
            if claimed.id == file.id() && claimed.moved.is_none() {
                return Ok(());
            }
            if held > 0 {
                let message = "a program has the database open: close it, or wait a minute after it was killed, and move the \
                               ledger again";
                return Err(LedgerError::new(LedgerErrorKind::Locked, message));
            }
        }
        let message = if id == file.id() && moved.is_some() {
            "the database has this ledger, whose move was completed: open it there, and the file no more"
        } else {
            "the database has entries of another ledger: give this one a schema of its own, with \
             `?options=-csearch_path%3D<schema>` in the address"
        };
        Err(LedgerError::new(LedgerErrorKind::NotALedger, message))
    }

    /// The catalogues that were moved before.
    fn catalogues(&self) -> Result<Catalogues, LedgerError> {
        let mut wants = Wants::default();
        wants.records.insert(RowName::catalogues());
        let (statements, fetches): (Vec<_>, Vec<_>) =
            wants.statements(Numbering::OF_FILE).into_iter().unzip();
        let fetched = fetched(fetches, self.run(&statements)?)?;
        let list = fetched.records.get(&RowName::catalogues());
        Ok(list.map(|found| found.row.record()).transpose()?.unwrap_or_default())
    }

    fn lane(&self) -> Result<MovedLane, LedgerError> {
        MovedLane::of(self.run(&[Statement::unnamed(LANE).integer(MOVED_LANE)])?.iter().flatten().next())
    }

    /// Writes frames in one transaction, which begins at the end of the lane.
    fn write(
        &self,
        frames: &[Booked],
        mut wants: Wants,
        (file, catalogues, lane): (&Core, &mut Catalogues, &MovedLane),
    ) -> Result<MovedLane, LedgerError> {
        loop {
            let mut list = catalogues.clone();
            let missing = match self.attempt(frames, &wants, (file, &mut list, lane))? {
                Ok(after) => {
                    *catalogues = list;
                    return Ok(after);
                }
                Err(missing) => missing,
            };
            self.run(&[Statement::unnamed("ROLLBACK")])?;
            wants.extend(missing);
        }
    }

    /// Writes frames, unless records are missing.
    fn attempt(
        &self,
        frames: &[Booked],
        wants: &Wants,
        (file, catalogues, expected): (&Core, &mut Catalogues, &MovedLane),
    ) -> Result<Result<MovedLane, Wants>, LedgerError> {
        let (asked, fetches): (Vec<_>, Vec<_>) = wants.statements(Numbering::OF_FILE).into_iter().unzip();
        let begin = [
            Statement::unnamed("BEGIN"),
            self.session.begin(),
            Statement::unnamed(LANE).integer(MOVED_LANE),
            Statement::unnamed(CLAIMED),
        ];
        let mut rows = self.run(&begin.into_iter().chain(asked).collect::<Vec<_>>())?;
        let fetched_rows = rows.split_off(4);
        let claimed = rows.pop().unwrap_or_default();
        let claimed: Option<&[u8]> = claimed.first().map(|row| unreadable(row.try_get(0))).transpose()?;
        if claimed != Some(&file.id()[..]) {
            let message = "another ledger is moved into the database, or this one was by another program: give each a schema of its own";
            return Err(LedgerError::new(LedgerErrorKind::Locked, message));
        }
        let lane = MovedLane::of(rows.pop().unwrap_or_default().first())?;
        if lane.batches != expected.batches {
            let message = "another program moves a ledger into the database: run the move once";
            return Err(LedgerError::new(LedgerErrorKind::Locked, message));
        }
        let fetched = fetched(fetches, fetched_rows)?;
        let mut missing = Wants::default();
        let first = frames.first().map_or(FactNumber::FIRST, Booked::first);
        let position = Position {
            next: Numbers::from(first),
            tail: None,
            last_at: lane.at,
            totals: Arc::new(Totals::default()),
        };
        let keys_kept_from = Timestamp::MIN;
        let source =
            FetchedSource { fetched: &fetched, wanted: wants, missing: &mut missing, keys_kept_from };
        let mut batch = Batch::new(source, file.policy(), &position);
        let adopted = frames.iter().try_for_each(|booked| batch.adopt(booked, catalogues));
        batch.refile_billing();
        let sealed = batch.sealed();
        match adopted {
            Err(NotFetched::Missing) => return Ok(Err(missing)),
            Err(NotFetched::Failed(error)) => return Err(error),
            Ok(()) => {}
        }
        let written = Writes::of(&sealed, &fetched, file.policy(), (MOVED_LANE, lane.head))?;
        let after = MovedLane {
            batches: lane.batches.saturating_add(1),
            last: FactNumber(sealed.position.next.first().get().saturating_sub(1)),
            at: sealed.position.last_at,
            head: written.head,
        };
        let advance = Statement::unnamed(ADVANCE)
            .integer(MOVED_LANE)
            .long(0)
            .long(lane.batches)
            .long(to_long(after.last))
            .long(after.at.microseconds())
            .bytes(after.head)
            .long(i64::MAX)
            .long(written.facts);
        let end = [advance, Statement::unnamed("COMMIT")];
        self.run(&written.statements.into_iter().chain(end).collect::<Vec<_>>())?;
        Ok(Ok(after))
    }

    /// Compares wallets of an asset.
    fn compare(&self, file: &Core, asset: &Asset, owners: &[Owner]) -> Result<(), LedgerError> {
        let names = owners.iter().map(|owner| owner.as_str().to_owned()).collect();
        let rows = self.run(&[Statement::unnamed(WALLETS).text(asset.as_str()).texts(names)])?;
        let mut moved = HashMap::new();
        for row in rows.iter().flatten() {
            let owner: String = unreadable(row.try_get(0))?;
            moved.insert(owner, row);
        }
        for owner in owners {
            let wallet = file.wallet(&WalletId::of_asset(asset.clone(), owner.clone()))?;
            let expected = (
                [wallet.balance.get(), wallet.held().get(), wallet.debt.get()],
                wallet.last_fact,
                encode(&wallet),
            );
            let found = match moved.get(owner.as_str()) {
                None => None,
                Some(row) => Some((
                    [unreadable(row.try_get(1))?, unreadable(row.try_get(2))?, unreadable(row.try_get(3))?],
                    Some(number(unreadable(row.try_get(4))?)),
                    unreadable(row.try_get::<_, Vec<u8>>(5))?,
                )),
            };
            if found.as_ref() != Some(&expected) {
                return Err(differs(&format!(
                    "the wallet of `{owner}` in {} differs from the file's",
                    asset.shown()
                )));
            }
        }
        Ok(())
    }
}

impl MovedLane {
    fn of(row: Option<&Row>) -> Result<Self, LedgerError> {
        let missing = || LedgerError::damaged("the lane of moved facts is missing");
        let row = row.ok_or_else(missing)?;
        let (bytes, batches): (&[u8], i64) = (unreadable(row.try_get(3))?, unreadable(row.try_get(0))?);
        let at = Timestamp::from_microseconds(unreadable(row.try_get(2))?);
        Ok(Self {
            batches,
            last: number(unreadable(row.try_get(1))?),
            at: if batches == 0 { Timestamp::MIN } else { at },
            head: if batches == 0 { Head::default() } else { head(bytes)? },
        })
    }
}

/// The records that statements fetched.
fn fetched(fetches: Vec<Fetch>, rows: Vec<Vec<Row>>) -> Result<FetchedRecords, LedgerError> {
    let mut fetched = FetchedRecords::new(Numbering::OF_FILE);
    for (fetch, rows) in fetches.into_iter().zip(rows) {
        fetched.add(fetch, rows).map_err(failed)?;
    }
    Ok(fetched)
}
