//! Moving a ledger from a database into a file: every frame in the order of its instant, with a new number for each fact,
//! because a file numbers its facts without gaps. Records are derived from the frames again. The database is only read.
//!
//! The file is a draft until it is verified, its wallets are compared, and no program has written the database meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use super::database::unreadable;
use super::fetched::wallet;
use super::file_numbers::FileNumbers;
use super::moving::{COUNT, Tables, WALLETS, WALLETS_AT_ONCE};
use super::names::{MOVED_LANE, Numbering, number};
use super::opening::LedgerRow;
use super::position::LanePosition;
use super::statement::Statement;
use crate::domain::booked::Booked;
use crate::domain::declarations::Catalogues;
use crate::domain::ids::{Asset, FactNumber, Owner, WalletId};
use crate::domain::low_balances::LowBalances;
use crate::domain::numbers::Numbers;
use crate::domain::owner_range::OwnerRange;
use crate::domain::renumbering::{NumberUnknown, renumber_wallet, renumbered};
use crate::engine::batch::batch::{Batch, Position};
use crate::engine::batch::file_source::FileSource;
use crate::engine::core::Core;
use crate::engine::journal_reader::{JournalPosition, JournalReader};
use crate::engine::keys::Keys;
use crate::engine::keys::compactor::Compactor;
use crate::engine::opening::put_log_aside;
use crate::engine::published::Published;
use crate::engine::recovery::all_changes;
use crate::engine::rows::{CheckpointState, KeysState};
use crate::engine::store::{Changes, FileDraft, Snapshot, Store};
use crate::engine::tuning::Tuning;
use crate::engine::verify::{Verified, VerifyProgress, verify};
use crate::engine::wallets::budget::MemoryBudget;
use crate::error::{LedgerError, LedgerErrorKind};

/// Facts that one checkpoint of the file writes, if no frame has more.
const FACTS_AT_ONCE: usize = 2_000;
/// The retention of keys while they are moved. The application forgets them by its own.
const KEEP_KEYS: Duration = Duration::MAX;

const LANES: &str = "
    SELECT lane, batches, last, held_until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    FROM lanes ORDER BY lane";

const SUBSCRIBERS: &str = "SELECT name, lane, last FROM subscribers";

/// A ledger in a database that no program writes.
pub(crate) struct Leaving<'a> {
    database: &'a Core,
    tables: Tables,
    row: LedgerRow,
    lanes: BTreeMap<i32, StillLane>,
}

/// A lane as the move found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StillLane {
    batches: i64,
    last: FactNumber,
}

/// The file of a moved ledger, which has no name yet.
pub(crate) struct MovedDraft {
    draft: FileDraft,
    store: Store,
    numbers: FileNumbers,
}

/// A subscriber's position among the lanes, and the number in the file of the first fact that it has not received.
struct MovedCursor {
    told: LanePosition,
    next: Option<FactNumber>,
}

/// The frames that are read, and the numbers that their facts get.
struct LeavingFrames {
    reader: JournalReader,
    position: JournalPosition,
    numbers: FileNumbers,
    cursors: HashMap<String, MovedCursor>,
}

impl<'a> Leaving<'a> {
    /// Begins to move a ledger, unless a program holds a lane of it.
    pub(crate) fn begin(database: &'a Core, url: &str) -> Result<Self, LedgerError> {
        let tables = Tables::connect(url)?;
        let (row, lanes) = (tables.ledger()?, still_lanes(&tables)?);
        Ok(Self { database, tables, row, lanes })
    }

    /// Writes every frame into a draft for this path, and the positions of subscribers.
    pub(crate) fn write(
        &self,
        to: &Path,
        progress: &mut dyn FnMut(VerifyProgress),
    ) -> Result<MovedDraft, LedgerError> {
        let (draft, store) = FileDraft::create(to)?;
        store.take_id(&self.row.id)?;
        // Facts that contradict their record panic when they are applied.
        let written = catch_unwind(AssertUnwindSafe(|| self.fill(&store, progress)));
        let numbers = written.unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))?;
        store.close()?;
        let store = draft.look()?;
        Ok(MovedDraft { draft, store, numbers })
    }

    fn fill(
        &self,
        store: &Store,
        progress: &mut dyn FnMut(VerifyProgress),
    ) -> Result<FileNumbers, LedgerError> {
        let numbering = Numbering { moved: self.row.moved.unwrap_or(FactNumber(0)) };
        let mut frames = LeavingFrames {
            reader: self.database.journal()?,
            position: JournalPosition::START,
            numbers: FileNumbers::new(numbering),
            cursors: self.cursors()?,
        };
        let of = frames.reader.facts_after(&frames.position)?;
        let mut next = frames.next()?;
        let first = self.first_number(next.as_ref());
        let mut file = FileWriter::new(store, self.database, first)?;
        while next.is_some() {
            let (mut chunk, mut facts) = (Vec::new(), 0_usize);
            while facts < FACTS_AT_ONCE
                && let Some(booked) = next.take()
            {
                facts = facts.saturating_add(booked.facts.len());
                let new = file.next_number(&chunk);
                chunk.push(frames.renumbered(&booked, new)?);
                next = frames.next()?;
            }
            file.write(&chunk)?;
            progress(VerifyProgress { facts: file.facts(), of });
        }
        if file.facts() != of {
            return Err(LedgerError::damaged(format!(
                "its journal has {of} facts, and {} were read",
                file.facts()
            )));
        }
        let end = file.next_number(&[]);
        let mut changes = Changes::default();
        changes.put_cursors(
            frames.cursors.into_iter().map(|(name, cursor)| (name, cursor.next.unwrap_or(end))).collect(),
        );
        changes.put_covers(self.row.covers);
        store.publish(changes);
        store.checkpoint()?;
        Ok(frames.numbers)
    }

    /// The number of the first fact in the file: beyond every number of the database, so that no number that an application
    /// keeps becomes another fact's. Facts that were moved from a file, and are all, keep their numbers.
    fn first_number(&self, first: Option<&Booked>) -> FactNumber {
        let is_written = self.lanes.iter().any(|(lane, it)| *lane != MOVED_LANE && it.batches > 0);
        match first {
            Some(first) if !is_written => first.first(),
            _ => {
                let lasts = self.lanes.values().map(|lane| lane.last).chain(self.row.moved);
                lasts.max().unwrap_or(FactNumber(0)).plus(1)
            }
        }
    }

    /// The positions of the subscribers that have begun.
    fn cursors(&self) -> Result<HashMap<String, MovedCursor>, LedgerError> {
        let mut positions = HashMap::<String, BTreeMap<i32, FactNumber>>::new();
        for row in self.tables.run(&[Statement::unnamed(SUBSCRIBERS)])?.iter().flatten() {
            let (name, lane): (String, i32) = (unreadable(row.try_get(0))?, unreadable(row.try_get(1))?);
            positions.entry(name).or_default().insert(lane, number(unreadable(row.try_get(2))?));
        }
        let begun = positions.into_iter().filter_map(|(name, mut lasts)| {
            lasts.remove(&0)?;
            let told = LanePosition { lasts, is_own: false };
            Some((name, MovedCursor { told, next: None }))
        });
        Ok(begun.collect())
    }

    /// Compares every wallet and every counter-account of a draft with the database's; returns the number of wallets.
    pub(crate) fn compare(&self, moved: &MovedDraft) -> Result<u64, LedgerError> {
        let (snapshot, mut compared) = (moved.store.snapshot()?, 0_u64);
        for asset in self.database.assets() {
            let mut range = OwnerRange { prefix: String::new(), after: None, max: WALLETS_AT_ONCE };
            loop {
                let owners = self.database.owners_of(&asset, &range)?;
                let Some(last) = owners.last() else { break };
                range.after = Some(last.clone());
                self.compare_some((&snapshot, &moved.numbers), &asset, &owners)?;
                compared = compared.saturating_add(owners.len() as u64);
            }
        }
        let rows = self.tables.run(&[Statement::unnamed(COUNT)])?;
        let wallets: i64 = rows.iter().flatten().next().map_or(Ok(0), |row| unreadable(row.try_get(0)))?;
        if u64::try_from(wallets) != Ok(compared) {
            return Err(differs(&format!(
                "the database has {wallets} wallets, and {compared} were compared"
            )));
        }
        if !self.database.totals()?.iter().eq(snapshot.totals()?.iter()) {
            return Err(differs("the totals differ from the database's"));
        }
        Ok(compared)
    }

    fn compare_some(
        &self,
        (file, numbers): (&Snapshot, &FileNumbers),
        asset: &Asset,
        owners: &[Owner],
    ) -> Result<(), LedgerError> {
        let names = owners.iter().map(|owner| owner.as_str().to_owned()).collect();
        let rows = self.tables.run(&[Statement::unnamed(WALLETS).text(asset.as_str()).texts(names)])?;
        let mut stored = HashMap::new();
        for row in rows.iter().flatten() {
            let (owner, last): (String, i64) = (unreadable(row.try_get(0))?, unreadable(row.try_get(4))?);
            let mut wallet = wallet(number(last), unreadable(row.try_get(5))?)?;
            renumber_wallet(&mut wallet, numbers).map_err(unknown)?;
            stored.insert(owner, wallet);
        }
        for owner in owners {
            let id = WalletId::of_asset(asset.clone(), owner.clone());
            if stored.get(owner.as_str()) != Some(&file.wallet(&id)?.wallet) {
                let shown = asset.shown();
                return Err(differs(&format!(
                    "the wallet of `{owner}` in {shown} differs from the database's"
                )));
            }
        }
        Ok(())
    }

    /// Gives the file its name, unless a program has written the database meanwhile.
    pub(crate) fn finish(self, moved: MovedDraft, to: &Path) -> Result<(), LedgerError> {
        let MovedDraft { draft, store, .. } = moved;
        store.close()?;
        drop(store);
        if still_lanes(&self.tables)? != self.lanes {
            let message = "a program wrote the database while its ledger was moved, so that the file was not made: stop every \
                           program that writes it, and move it again";
            return Err(LedgerError::new(LedgerErrorKind::Locked, message));
        }
        draft.complete()?;
        put_log_aside(to)
    }
}

impl MovedDraft {
    /// Verifies the file.
    pub(crate) fn verify(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verified, LedgerError> {
        verify(&self.store.snapshot()?, progress)
    }
}

impl LeavingFrames {
    fn next(&mut self) -> Result<Option<Booked>, LedgerError> {
        let Some((booked, next)) = self.reader.after(&self.position)? else { return Ok(None) };
        self.position = next;
        Ok(Some(booked))
    }

    /// The frame with its numbers in the file, from this one on.
    fn renumbered(&mut self, booked: &Booked, new: FactNumber) -> Result<Booked, LedgerError> {
        for cursor in self.cursors.values_mut().filter(|cursor| cursor.next.is_none()) {
            cursor.next = cursor.told.is_before(booked).then_some(new);
        }
        // Facts refer to others of their frame.
        self.numbers.add(booked, new);
        let frame = renumbered(booked, &self.numbers).map_err(unknown)?;
        Ok(Booked::new(Numbers::from(new), frame))
    }
}

/// Writes the journal and the records of a new file.
struct FileWriter<'a> {
    store: &'a Store,
    database: &'a Core,
    published: Published,
    compactor: Compactor,
    position: Position,
    catalogues: Catalogues,
    first: FactNumber,
}

impl<'a> FileWriter<'a> {
    fn new(store: &'a Store, database: &'a Core, first: FactNumber) -> Result<Self, LedgerError> {
        let low_balances = LowBalances::of(database.policy().low_balance_thresholds);
        let mut changes = Changes::default();
        changes.put_state(CheckpointState {
            replay_from: first,
            keys: KeysState { from: first, lapsed: first, segments: Vec::new() },
        });
        changes.put_low_balances(Some(&low_balances));
        store.publish(changes);
        let (position, snapshot) = (Position::start_at(first), store.snapshot()?);
        let (keys, limits) = (Keys::stored(&snapshot)?, (MemoryBudget::DEFAULT, low_balances));
        Ok(Self {
            store,
            database,
            published: Published::new(first..first, position.last_at, keys, limits),
            compactor: Compactor::new(&snapshot, KEEP_KEYS, Tuning::DEFAULT)?,
            position,
            catalogues: Catalogues::default(),
            first,
        })
    }

    /// Facts that were written.
    fn facts(&self) -> u64 {
        self.position.next.first().get().saturating_sub(self.first.get())
    }

    /// The number after those of these frames, which are not written yet.
    fn next_number(&self, frames: &[Booked]) -> FactNumber {
        frames.last().map_or(self.position.next.first(), Booked::next)
    }

    /// Writes frames, durably, with the records that they lead to.
    fn write(&mut self, frames: &[Booked]) -> Result<(), LedgerError> {
        let Published { keys, low_balances, .. } = &self.published;
        let source = FileSource::new(self.store, &self.published);
        let mut batch = Batch::new(source, self.database.policy(), &self.position);
        for booked in frames {
            batch.use_keys(booked);
            batch.adopt(booked, &mut self.catalogues)?;
        }
        batch.refile_billing();
        let sealed = batch.sealed();
        let (next, at) = (sealed.position.next.first(), sealed.position.last_at);
        let state = |keys| CheckpointState { replay_from: next, keys };
        self.store.publish(all_changes(&sealed, &state(keys.state()), low_balances));
        keys.publish(&sealed.keys);
        let mut changes = Changes::default();
        let moved = self.compactor.run(keys, next, at, &self.store.snapshot()?, &mut changes);
        changes.put_state(state(moved.state().clone()));
        self.store.publish(changes);
        keys.apply(moved);
        self.store.checkpoint()?;
        self.position = sealed.after();
        if let Some(day) = self.position.totals.days.last() {
            self.position.drop_days_before(day);
        }
        Ok(())
    }
}

/// The lanes; fails if a program holds one.
fn still_lanes(tables: &Tables) -> Result<BTreeMap<i32, StillLane>, LedgerError> {
    let mut lanes = BTreeMap::new();
    for row in tables.run(&[Statement::unnamed(LANES)])?.iter().flatten() {
        let (lane, is_held): (i32, bool) = (unreadable(row.try_get(0))?, unreadable(row.try_get(3))?);
        // No program holds the lane of moved facts.
        if is_held && lane != MOVED_LANE {
            let message = "a program writes the database, or one was killed within the last minute: stop every program that \
                           writes it, and move its ledger again a minute later";
            return Err(LedgerError::new(LedgerErrorKind::Locked, message));
        }
        let last = number(unreadable(row.try_get(2))?);
        lanes.insert(lane, StillLane { batches: unreadable(row.try_get(1))?, last });
    }
    Ok(lanes)
}

fn unknown(NumberUnknown(number): NumberUnknown) -> LedgerError {
    LedgerError::damaged(format!("a fact names fact {number}, which no fact before it is"))
}

fn differs(what: &str) -> LedgerError {
    LedgerError::damaged(format!("after the move into a file, which was not made, {what}"))
}
