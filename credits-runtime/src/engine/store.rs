//! The store: the one file that knows redb. Rows in, rows out; what they mean is the codec's business.
//!
//! Tables: `journal` (first fact -> block), `views` (record -> its state), `segments` (keys -> frames),
//! `subscribers` (name -> next fact) and `meta` (format, id, what rows cover).

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

#[cfg(feature = "testing")]
pub use redb::StorageBackend as Backend;
use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    AccessGuard, Builder, Database, DatabaseError, Durability, Range, ReadOnlyDatabase, ReadOnlyTable,
    ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageBackend, StorageError,
    TableDefinition, TableError, WriteTransaction,
};

use super::codec::{self, Covered, FORMAT, FormerState, KeysState, Milestone, Scheduled, SegmentRow};
use super::files::{draft, sync_folder};
use super::journal::{Block, Head, Numbered, Seek};
use super::keys::pages::{Page, Prefix, prefix_of};
use super::keys::upkeep::{KeyRows, Making};
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::time::Timestamp;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
const VIEWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("views");
const SEGMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("segments");
/// Since which format there are segments.
const SEGMENTS_FORMAT: u32 = 3;
/// Where formats 1 and 2 kept keys.
const KEYS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("keys");
const SUBSCRIBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("subscribers");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

const FORMAT_ROW: &str = "format";
const ID_ROW: &str = "id";
const COVERED_ROW: &str = "covered";
/// What formats 1 to 3 have instead.
const STATE_ROW: &str = "state";

/// Bytes that redb may cache.
const CACHE_BYTES: usize = 64 * 1_024 * 1_024;

/// Facts that a block of plain spends has, about; what blocks have is learned as they are read.
const BLOCK_FACTS: u64 = 40;
/// Blocks among which one is looked for, from where it would be if it is like those before.
const NEAR_BLOCKS: usize = 2;

/// A ledger's id: random, given when it was created.
pub(crate) type LedgerId = [u8; 16];

/// The rows of one commit.
pub(crate) struct Changes<'a> {
    pub(crate) blocks: Vec<&'a Block>,
    /// Rows of views that are no more.
    pub(crate) gone: Vec<Vec<u8>>,
    pub(crate) views: Vec<(Vec<u8>, Cow<'a, [u8]>)>,
    pub(crate) keys: &'a KeyRows,
    /// What rows have of the journal, if that is not what it was.
    pub(crate) covered: Option<Covered>,
}

/// Where the journal ends.
pub(crate) struct End {
    pub(crate) next_fact: FactNumber,
    /// The head of the chain.
    pub(crate) head: Head,
}

/// Which fact each named subscriber is given next.
pub(crate) type Cursors = BTreeMap<String, FactNumber>;

/// An open redb database that holds a ledger.
#[derive(Debug)]
pub(crate) struct Store {
    database: RwLock<Option<Database>>,
    path: PathBuf,
}

impl Store {
    /// Opens the ledger in this file.
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let length = std::fs::metadata(path).map_err(|error| LedgerError::io(path, error))?.len();
        if length == 0 {
            let message = format!(
                "`{}` is empty, which a ledger never is: restore a backup, or remove the file to begin a new ledger",
                path.display()
            );
            return Err(LedgerError::new(Kind::Empty, message));
        }
        // What is refused is left as it is: looked at without writing, unless redb has to repair it first.
        let looked_at = opened(path, || match Builder::new().open_read_only(path) {
            Err(DatabaseError::RepairAborted) => Ok(None),
            looked_at => looked_at.map(Some),
        })?;
        // What redb has to repair it looks at as a whole anyway.
        let is_repaired = looked_at.is_none();
        if let Some(database) = looked_at {
            check_format(path, &Snapshot::of(&database)?)?;
        }
        let open = || builder().set_check_integrity_on_open(!is_repaired).open(path);
        let store = Self::of(path, opened(path, open)?);
        store.migrate()?;
        Ok(store)
    }

    /// Makes a ledger of an earlier format one of this version's, in one commit: format 2 only adds to format 1, format 3
    /// has keys in segments, format 4 does not write in each commit where the journal ends.
    fn migrate(&self) -> Result<(), LedgerError> {
        let snapshot = self.snapshot()?;
        if check_format(&self.path, &snapshot)? == FORMAT {
            return Ok(());
        }
        let FormerState { next_fact, replay_from, keys } = snapshot.former_state()?;
        let (rows, keys) = match keys {
            Some(keys) => (KeyRows::default(), keys),
            None => snapshot.keys_as_segment(next_fact)?,
        };
        drop(snapshot);
        let written = self.write(|transaction| {
            let mut segments = transaction.open_table(SEGMENTS)?;
            for (key, value) in &rows.written {
                segments.insert(&key[..], &value[..])?;
            }
            transaction.delete_table(KEYS)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert(COVERED_ROW, &codec::encode(&Covered { replay_from, keys })[..])?;
            meta.remove(STATE_ROW)?;
            meta.insert(FORMAT_ROW, &FORMAT.to_be_bytes()[..])?;
            Ok(())
        });
        written.map_err(|failure| failure.error(&self.path))
    }

    /// What a file holds that no program writes.
    pub(crate) fn read_only(path: &Path) -> Result<Snapshot, LedgerError> {
        let database = opened(path, || Builder::new().open_read_only(path))?;
        let snapshot = Snapshot::of(&database)?;
        check_format(path, &snapshot)?;
        Ok(Snapshot { _database: Some(database), ..snapshot })
    }

    /// Creates a ledger in this file, whole or not at all: it is written beside it and then takes its name, unless
    /// another has it by then, which is opened.
    pub(crate) fn create(path: &Path) -> Result<Self, LedgerError> {
        let draft = draft(path).map_err(|error| open_failed(path, error.into()))?;
        let file = draft.as_file().try_clone().map_err(|error| LedgerError::io(path, error))?;
        let store = Self::of(path, opened(path, || builder().create_with_backend(FileBackend::new(file)?))?);
        store.initialise()?;
        match draft.persist_noclobber(path) {
            Ok(_) => sync_folder(path).map_err(|error| LedgerError::io(path, error))?,
            Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => return Self::open(path),
            Err(refused) => return Err(LedgerError::io(path, refused.error)),
        }
        Ok(store)
    }

    /// Creates a ledger that lives as long as its handle.
    pub(crate) fn in_memory() -> Result<Self, LedgerError> {
        Self::create_in(InMemoryBackend::new())
    }

    /// Creates a ledger that this empty backend keeps.
    pub(crate) fn create_in(backend: impl StorageBackend) -> Result<Self, LedgerError> {
        let path = Path::new("in memory");
        let store = Self::of(path, opened(path, || builder().create_with_backend(backend))?);
        store.initialise()?;
        Ok(store)
    }

    /// Opens the ledger that this backend keeps; creates it if the backend is empty.
    #[cfg(feature = "testing")]
    pub(crate) fn open_on(backend: impl StorageBackend) -> Result<Self, LedgerError> {
        let path = Path::new("on a given backend");
        if backend.len().map_err(|error| LedgerError::io(path, error))? == 0 {
            return Self::create_in(backend);
        }
        let store = Self::of(path, opened(path, || builder().create_with_backend(backend))?);
        store.migrate()?;
        Ok(store)
    }

    fn of(path: &Path, database: Database) -> Self {
        Self { database: RwLock::new(Some(database)), path: path.to_owned() }
    }

    fn initialise(&self) -> Result<(), LedgerError> {
        let mut id = LedgerId::default();
        getrandom::fill(&mut id)
            .map_err(|error| LedgerError::caused(Kind::Io, "no random numbers for an id", error))?;
        let written = self.write(|transaction| {
            transaction.open_table(JOURNAL)?;
            transaction.open_table(VIEWS)?;
            transaction.open_table(SEGMENTS)?;
            transaction.open_table(SUBSCRIBERS)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert(FORMAT_ROW, &FORMAT.to_be_bytes()[..])?;
            meta.insert(ID_ROW, &id[..])?;
            meta.insert(COVERED_ROW, &codec::encode(&Covered::default())[..])?;
            Ok(())
        });
        written.map_err(|failure| failure.error(&self.path))
    }

    /// What is committed now, for as long as the snapshot lives.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, LedgerError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else { return Err(LedgerError::closed()) };
        Snapshot::of(database)
    }

    /// Commits all or nothing, durably.
    pub(crate) fn commit(&self, changes: &Changes<'_>, cursors: &Cursors) -> Result<(), Failure> {
        self.write(|transaction| {
            write_cursors(transaction, cursors)?;
            let mut journal = transaction.open_table(JOURNAL)?;
            for block in &changes.blocks {
                journal.insert(block.first.get(), &codec::block_to_bytes(block)[..])?;
            }
            if !(changes.gone.is_empty() && changes.views.is_empty()) {
                let mut views = transaction.open_table(VIEWS)?;
                for key in &changes.gone {
                    views.remove(&key[..])?;
                }
                for (key, value) in &changes.views {
                    views.insert(&key[..], &value[..])?;
                }
            }
            let KeyRows { written, gone } = changes.keys;
            if !(written.is_empty() && gone.is_empty()) {
                let mut segments = transaction.open_table(SEGMENTS)?;
                for key in gone {
                    segments.remove(&key[..])?;
                }
                for (key, value) in written {
                    segments.insert(&key[..], &value[..])?;
                }
            }
            if let Some(covered) = &changes.covered {
                let mut meta = transaction.open_table(META)?;
                meta.insert(COVERED_ROW, &codec::encode(covered)[..])?;
            }
            Ok(())
        })
    }

    /// Commits in a way that makes the next opening quick, however the program ends.
    pub(crate) fn mark(&self, cursors: &Cursors) -> Result<(), Failure> {
        self.write(|transaction| {
            transaction.set_quick_repair(true);
            write_cursors(transaction, cursors)
        })
    }

    fn write(
        &self,
        rows: impl FnOnce(&mut WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), Failure> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else { return Err(Failure::NotDone(redb::Error::DatabaseClosed)) };
        let mut transaction = database.begin_write().map_err(|error| Failure::NotDone(error.into()))?;
        transaction.set_durability(Durability::Immediate).map_err(|error| Failure::NotDone(error.into()))?;
        rows(&mut transaction).map_err(Failure::NotDone)?;
        transaction.commit().map_err(|error| Failure::OutcomeUnknown(error.into()))
    }

    /// Writes what makes the next opening quick, and closes the file.
    pub(crate) fn close(&self) -> Result<(), LedgerError> {
        let Some(database) = self.database.write().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        guarded(|| database.close().map_err(|error| open_failed(&self.path, error)))
    }
}

fn write_cursors(transaction: &WriteTransaction, cursors: &Cursors) -> Result<(), redb::Error> {
    if cursors.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(SUBSCRIBERS)?;
    for (name, next) in cursors {
        table.insert(&name[..], next.get())?;
    }
    Ok(())
}

/// How many rows of a copy are written in one transaction.
const COPY_ROWS_MAX: usize = 10_000;

impl Store {
    /// Writes everything that a snapshot has to a new file, whole or not at all, and only if nothing is said against what
    /// was written.
    pub(crate) fn copy<T>(
        snapshot: &Snapshot,
        to: &Path,
        check: impl FnOnce(&Snapshot) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let io = |error| LedgerError::io(to, error);
        let draft = draft(to).map_err(io)?;
        let file = draft.as_file().try_clone().map_err(io)?;
        let copy = Self::of(to, opened(to, || builder().create_with_backend(FileBackend::new(file)?))?);
        copy.fill(snapshot).map_err(|failure| failure.error(to))?;
        copy.migrate()?;
        let checked = check(&copy.snapshot()?)?;
        copy.close()?;
        draft.as_file().sync_all().map_err(io)?;
        draft.persist_noclobber(to).map_err(|refused| io(refused.error))?;
        sync_folder(to).map_err(io)?;
        Ok(checked)
    }

    fn fill(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        self.copy_table(snapshot, JOURNAL)?;
        self.copy_table(snapshot, VIEWS)?;
        match check_format(&self.path, snapshot) {
            Ok(SEGMENTS_FORMAT..) => self.copy_table(snapshot, SEGMENTS)?,
            _ => self.copy_table(snapshot, KEYS)?,
        }
        self.copy_table(snapshot, SUBSCRIBERS)?;
        self.copy_table(snapshot, META)
    }

    fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        snapshot: &Snapshot,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<(), Failure> {
        let failed = |error: redb::Error| Failure::NotDone(error);
        let table = snapshot.read.open_table(definition).map_err(|error| failed(error.into()))?;
        let mut rows = table.iter().map_err(|error| failed(error.into()))?.peekable();
        loop {
            self.write(|transaction| {
                let mut copy = transaction.open_table(definition)?;
                for row in rows.by_ref().take(COPY_ROWS_MAX) {
                    let (key, value) = row?;
                    copy.insert(key.value(), value.value())?;
                }
                Ok(())
            })?;
            if rows.peek().is_none() {
                return Ok(());
            }
        }
    }
}

/// What a failed commit leaves.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing, for certain.
    NotDone(redb::Error),
    /// What was asked, or nothing.
    OutcomeUnknown(redb::Error),
}

impl Failure {
    fn error(self, path: &Path) -> LedgerError {
        let (Self::NotDone(error) | Self::OutcomeUnknown(error)) = self;
        LedgerError::caused(Kind::Io, format!("cannot write the ledger `{}`", path.display()), error)
    }
}

/// A consistent state of the file.
pub(crate) struct Snapshot {
    read: ReadTransaction,
    /// Opened once something of it is read: redb looks for a table each time that it is opened.
    journal: OnceCell<ReadOnlyTable<u64, &'static [u8]>>,
    /// Facts that the last block has that was not where it was expected.
    block_facts: Cell<u64>,
    /// A database that is open for this snapshot alone.
    _database: Option<ReadOnlyDatabase>,
}

impl Snapshot {
    fn of(database: &impl ReadableDatabase) -> Result<Self, LedgerError> {
        guarded(|| {
            let read = database.begin_read().map_err(|error| read_failed(&error))?;
            Ok(Self { read, journal: OnceCell::new(), block_facts: Cell::new(BLOCK_FACTS), _database: None })
        })
    }

    fn meta(&self, row: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| {
            let table = match self.read.open_table(META) {
                Ok(table) => table,
                Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
                    return Ok(None);
                }
                Err(error) => return Err(read_failed(&error)),
            };
            let row = table.get(row).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| row.value().to_vec()))
        })
    }

    /// What rows have of the journal.
    pub(crate) fn covered(&self) -> Result<Covered, LedgerError> {
        let missing = || LedgerError::damaged("what its rows cover is missing");
        codec::decode(&self.meta(COVERED_ROW)?.ok_or_else(missing)?)
    }

    fn former_state(&self) -> Result<FormerState, LedgerError> {
        codec::decode(&self.meta(STATE_ROW)?.ok_or_else(|| LedgerError::damaged("its state is missing"))?)
    }

    /// Where the journal ends.
    pub(crate) fn end(&self) -> Result<End, LedgerError> {
        match self.last_block()? {
            None => Ok(End { next_fact: FactNumber::FIRST, head: Head::default() }),
            Some(block) => Ok(End { next_fact: block.next_fact()?, head: block.head() }),
        }
    }

    /// The last block, if there is any.
    pub(crate) fn last_block(&self) -> Result<Option<Block>, LedgerError> {
        guarded(|| {
            let last = self.journal()?.last().map_err(|error| read_failed(&error))?;
            let block =
                last.map(|(first, bytes)| codec::block_from_bytes(FactNumber(first.value()), bytes.value()));
            block.transpose()
        })
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> Result<LedgerId, LedgerError> {
        let bytes = self.meta(ID_ROW)?.unwrap_or_default();
        bytes.try_into().map_err(|_| LedgerError::damaged("its id is missing"))
    }

    /// The block that would hold this fact: the last one that starts no later.
    pub(crate) fn block(&self, number: FactNumber) -> Result<Block, LedgerError> {
        guarded(|| {
            let StoredBlock { first, row, .. } = self.found(number)?;
            codec::block_from_bytes(first, row.value())
        })
    }

    /// The same, left where redb has it.
    pub(crate) fn stored_block(&self, number: FactNumber) -> Result<StoredBlock, LedgerError> {
        guarded(|| {
            let block = self.found(number)?;
            codec::check_block(block.first, block.row.value())?;
            Ok(block)
        })
    }

    /// The same, not checked.
    fn found(&self, number: FactNumber) -> Result<StoredBlock, LedgerError> {
        if let Some(near) = self.found_near(number)? {
            return Ok(near);
        }
        let mut rows = self.journal()?.range(..=number.get()).map_err(|error| read_failed(&error))?;
        let missing = || LedgerError::damaged(format!("the block of fact {number} is missing"));
        let block = StoredBlock::of(rows.next_back().ok_or_else(missing)?)?;
        self.learn(&block);
        Ok(block)
    }

    /// The same, if it starts about where it would if it is like those before. redb separates pages by the last key of each:
    /// looked for forwards, from a fact of the block before it, a block costs its page alone; backwards, from a fact of its
    /// own, also the page of the block after it.
    fn found_near(&self, number: FactNumber) -> Result<Option<StoredBlock>, LedgerError> {
        let from = number.get().saturating_sub(self.block_facts.get());
        let rows = self.journal()?.range(from..=number.get()).map_err(|error| read_failed(&error))?;
        for row in rows.take(NEAR_BLOCKS) {
            let mut block = StoredBlock::of(row)?;
            if block.has(number) {
                return Ok(Some(block));
            }
            self.learn(&block);
        }
        Ok(None)
    }

    fn learn(&self, block: &StoredBlock) {
        self.block_facts.set(block.facts().unwrap_or(BLOCK_FACTS));
    }

    fn journal(&self) -> Result<&ReadOnlyTable<u64, &'static [u8]>, LedgerError> {
        if let Some(table) = self.journal.get() {
            return Ok(table);
        }
        let table = self.read.open_table(JOURNAL).map_err(|error| read_failed(&error))?;
        Ok(self.journal.get_or_init(|| table))
    }

    /// A record's row.
    pub(crate) fn view(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let row = table.get(key).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| row.value().to_vec()))
        })
    }

    /// Which fact a named subscriber is given next, if it was there before.
    pub(crate) fn cursor(&self, name: &str) -> Result<Option<FactNumber>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(SUBSCRIBERS).map_err(|error| read_failed(&error))?;
            let row = table.get(name).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| FactNumber(row.value())))
        })
    }

    /// The first rows of the agenda.
    pub(crate) fn agenda(&self, rows_max: usize) -> Result<Vec<(Timestamp, Scheduled)>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let (from, to) = codec::AGENDA_KEYS;
            let rows = table.range(from..to).map_err(|error| read_failed(&error))?;
            let read = |row: Result<(AccessGuard<'_, &[u8]>, _), StorageError>| {
                codec::agenda_from_key(row.map_err(|error| read_failed(&error))?.0.value())
            };
            rows.take(rows_max).map(read).collect()
        })
    }

    /// The keys of the views' rows from one key on to before another, the first ones after `after`.
    pub(crate) fn view_keys(
        &self,
        (from, to): (&[u8], &[u8]),
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let start = after.map_or(Bound::Included(from), Bound::Excluded);
            let rows =
                table.range::<&[u8]>((start, Bound::Excluded(to))).map_err(|error| read_failed(&error))?;
            let read = |row: Result<(AccessGuard<'_, &[u8]>, _), StorageError>| {
                Ok(row.map_err(|error| read_failed(&error))?.0.value().to_vec())
            };
            rows.take(rows_max).map(read).collect()
        })
    }

    /// Where a wallet's history stood at this ordinal, a multiple of the distance of milestones.
    pub(crate) fn milestone(
        &self,
        wallet: &WalletId,
        ordinal: u64,
    ) -> Result<Option<Milestone>, LedgerError> {
        self.view(&codec::milestone_key(wallet, ordinal))?.map(|row| codec::decode(&row)).transpose()
    }

    /// Every row of the views, in the order of their keys.
    pub(crate) fn each_view(
        &self,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            for row in table.range::<&[u8]>(..).map_err(|error| read_failed(&error))? {
                let (key, value) = row.map_err(|error| read_failed(&error))?;
                read(key.value(), value.value())?;
            }
            Ok(())
        })
    }

    /// The numbers of the segments that have rows.
    pub(crate) fn segment_numbers(&self) -> Result<Vec<u32>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(SEGMENTS).map_err(|error| read_failed(&error))?;
            let (mut numbers, mut from) = (Vec::new(), Vec::new());
            loop {
                let mut rows = table.range::<&[u8]>(&from[..]..).map_err(|error| read_failed(&error))?;
                let Some(row) = rows.next() else { return Ok(numbers) };
                let (key, _) = row.map_err(|error| read_failed(&error))?;
                let broken = || LedgerError::damaged("a row of keys is of no segment");
                let number = codec::segment_of_key(key.value()).ok_or_else(broken)?;
                numbers.push(number);
                let Some(next) = number.checked_add(1) else { return Ok(numbers) };
                from = next.to_be_bytes().to_vec();
            }
        })
    }

    /// The keys of the first rows of a segment.
    pub(crate) fn segment_rows(&self, number: u32, rows_max: usize) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.of_segments(&number.to_be_bytes(), &codec::segment_end(number), |rows| {
            let keys = rows
                .take(rows_max)
                .map(|row| Ok(row.map_err(|error| read_failed(&error))?.0.value().to_vec()));
            keys.collect()
        })
    }

    /// The rows of a segment's filter.
    pub(crate) fn segment_filter(&self, number: u32) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.of_segments(&codec::segment_filter_key(number, 0), &codec::segment_end(number), |rows| {
            rows.map(|row| Ok(row.map_err(|error| read_failed(&error))?.1.value().to_vec())).collect()
        })
    }

    /// The page of a segment that has this key, if the segment has it.
    pub(crate) fn segment_page(&self, number: u32, prefix: Prefix) -> Result<Option<Page>, LedgerError> {
        let (from, to) =
            (codec::segment_page_key(number, 0), codec::segment_page_key(number, prefix.saturating_add(1)));
        self.of_segments(&from, &to, |mut rows| rows.next_back().map(page).transpose())
    }

    /// The page of a segment after the one that begins with this key; of none, its first.
    pub(crate) fn segment_page_after(
        &self,
        number: u32,
        first: Option<Prefix>,
    ) -> Result<Option<Page>, LedgerError> {
        let from = codec::segment_page_key(number, first.map_or(0, |first| first.saturating_add(1)));
        self.of_segments(&from, &codec::segment_filter_key(number, 0), |mut rows| {
            rows.next().map(page).transpose()
        })
    }

    fn of_segments<T>(
        &self,
        from: &[u8],
        to: &[u8],
        read: impl FnOnce(Range<'_, &'static [u8], &'static [u8]>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(SEGMENTS).map_err(|error| read_failed(&error))?;
            read(table.range::<&[u8]>(from..to).map_err(|error| read_failed(&error))?)
        })
    }

    /// What formats 1 and 2 have of keys, as a segment of keys that last.
    fn keys_as_segment(&self, next_fact: FactNumber) -> Result<(KeyRows, KeysState), LedgerError> {
        guarded(|| {
            let table = self.read.open_table(KEYS).map_err(|error| read_failed(&error))?;
            let keys = table.len().map_err(|error| read_failed(&error))?;
            let row = SegmentRow {
                number: 0,
                lapses: false,
                keys,
                from: FactNumber::FIRST,
                to: next_fact,
                until: Timestamp::MAX,
            };
            let (mut rows, mut making) = (KeyRows::default(), Making::of(row));
            for row in table.iter().map_err(|error| read_failed(&error))? {
                let (hash, row) = row.map_err(|error| read_failed(&error))?;
                let frame = codec::key_row_from_bytes(row.value())?;
                making.push((prefix_of(&hash.value().to_be_bytes()), frame), &mut rows);
            }
            let segments = vec![making.finish(&mut rows).row];
            Ok((rows, KeysState { from: next_fact, lapsed: FactNumber::FIRST, segments }))
        })
    }
}

type Bytes<'a> = AccessGuard<'a, &'static [u8]>;

/// A block where redb has it.
pub(crate) struct StoredBlock {
    first: FactNumber,
    /// redb may panic when it looks for a value in a damaged page, but not when it answers one again.
    row: Bytes<'static>,
    seek: Seek,
}

impl StoredBlock {
    fn of(row: Result<(AccessGuard<'_, u64>, Bytes<'static>), StorageError>) -> Result<Self, LedgerError> {
        let (first, row) = row.map_err(|error| read_failed(&error))?;
        let first = FactNumber(first.value());
        Ok(Self { first, row, seek: Seek::start(first) })
    }

    /// The frame that has this fact, if it is here; the others are not decoded.
    pub(crate) fn frame(&mut self, number: FactNumber) -> Result<Option<Numbered>, LedgerError> {
        if number < self.first {
            return Ok(None);
        }
        if number < self.seek.first {
            self.seek = Seek::start(self.first);
        }
        self.seek.frame(number, codec::block_frames(self.row.value()))
    }

    fn has(&mut self, number: FactNumber) -> bool {
        // What cannot be read is reported once the block is known to be the one that was looked for.
        self.seek.go_to(number, codec::block_frames(self.row.value())).unwrap_or(false)
    }

    fn facts(&self) -> Option<u64> {
        let mut end = Seek::start(self.first);
        end.go_to(FactNumber(u64::MAX), codec::block_frames(self.row.value())).ok()?;
        end.first.get().checked_sub(self.first.get())
    }
}

fn page(row: Result<(Bytes<'_>, Bytes<'_>), StorageError>) -> Result<Page, LedgerError> {
    let (key, value) = row.map_err(|error| read_failed(&error))?;
    let broken = || LedgerError::damaged("a row of keys is no page");
    let first = codec::segment_page_from_key(key.value()).ok_or_else(broken)?;
    Ok((first, value.value().to_vec()))
}

/// The format, if this version reads it.
fn check_format(path: &Path, snapshot: &Snapshot) -> Result<u32, LedgerError> {
    let foreign = || {
        let message = format!("`{}` is a redb database but no ledger: name another file", path.display());
        LedgerError::new(Kind::NotALedger, message)
    };
    let format = snapshot.meta(FORMAT_ROW)?.ok_or_else(foreign)?;
    let format = u32::from_be_bytes(format.try_into().map_err(|_| foreign())?);
    if format > FORMAT {
        let message = format!(
            "`{}` has format {format}, this version reads up to {FORMAT}: update the program",
            path.display()
        );
        return Err(LedgerError::new(Kind::NewerVersion, message));
    }
    Ok(format)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    // Every page is checked on opening, about a second a GiB: a bit that flipped must not become a balance.
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    builder
}

/// Opens with redb.
fn opened<D>(path: &Path, open: impl FnOnce() -> Result<D, DatabaseError>) -> Result<D, LedgerError> {
    guarded(|| open().map_err(|error| open_failed(path, error)))
}

/// redb asserts much of what a sound file has, so over a damaged one it may panic.
fn guarded<T>(use_redb: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
    catch_unwind(AssertUnwindSafe(use_redb))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

fn open_failed(path: &Path, error: DatabaseError) -> LedgerError {
    let path = path.display();
    let (kind, message) = match &error {
        DatabaseError::DatabaseAlreadyOpen => (
            Kind::Locked,
            format!(
                "the ledger `{path}` is open elsewhere: close the other program, or share one handle within this one"
            ),
        ),
        DatabaseError::UpgradeRequired(version) => (
            Kind::NewerVersion,
            format!(
                "`{path}` has redb's file format {version}, which this version does not read: use the program that wrote it"
            ),
        ),
        DatabaseError::Storage(StorageError::Io(io)) if io.kind() == ErrorKind::InvalidData => {
            (Kind::NotALedger, format!("`{path}` is no ledger: name another file"))
        }
        DatabaseError::Storage(StorageError::Corrupted(what)) => (
            Kind::Damaged,
            format!(
                "the ledger `{path}` is damaged ({what}): restore a backup, and keep this file for a rescue"
            ),
        ),
        DatabaseError::Storage(StorageError::Io(io)) => (
            Kind::Io,
            format!("cannot open the ledger `{path}` ({io}): name a file that this program may write"),
        ),
        other => (Kind::Io, format!("cannot open the ledger `{path}`: {other}")),
    };
    LedgerError::caused(kind, message, error)
}

fn read_failed(error: &(impl std::fmt::Display + std::fmt::Debug)) -> LedgerError {
    LedgerError::new(Kind::Io, format!("cannot read the ledger: {error}"))
}
