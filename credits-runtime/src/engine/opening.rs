//! Opening: which two files are one ledger, and which facts the log has that the ledger's file lacks.
//!
//! Everything is decided before anything is written.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::commit_log::{CommitLog, Group, Header, Lineage, LogFile, scan};
use super::files::{beside, remove_abandoned_drafts};
use super::rows::LogState;
#[cfg(any(test, feature = "testing"))]
use super::store::Backend;
use super::store::{LedgerId, Locking, Store};
use super::tuning::LogSize;
use super::wallets::budget::MemoryBudget;
use crate::domain::ids::FactNumber;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// A ledger whose files agree.
pub(crate) struct Found {
    pub(crate) store: Store,
    /// The commits that the ledger's file lacks, in order.
    pub(crate) groups: Vec<Group>,
    /// `None` of a ledger in memory, and of one that is only read.
    pub(crate) log: Option<FoundLog>,
}

/// A log that is written to once the ledger's file has all that it holds.
pub(crate) struct FoundLog {
    file: LogFile,
    header: Header,
    /// The state that the ledger's file is to have before the first record is written.
    pub(crate) state: LogState,
    size: LogSize,
    /// Whether fact numbers may have been used before for facts that are lost.
    pub(crate) is_restored: bool,
}

impl FoundLog {
    /// Says in the log's header that it is open, before the ledger's file says so.
    pub(crate) fn announce(&mut self) -> Result<(), Error> {
        CommitLog::announce(&mut self.file, &mut self.header, self.state.session)
    }

    /// The log, once a checkpoint of its state is durable.
    pub(crate) fn opened(self, next_fact: FactNumber) -> Result<CommitLog, Error> {
        CommitLog::open(self.file, self.header, self.state, next_fact, self.size)
    }
}

impl Found {
    /// A ledger in memory.
    pub(crate) fn in_memory(memory: MemoryBudget) -> Result<Self, LedgerError> {
        Ok(Self { store: Store::in_memory(memory)?, groups: Vec::new(), log: None })
    }

    /// The ledger in a file and its log; a new one where there is neither.
    pub(crate) fn at(
        path: &Path,
        memory: MemoryBudget,
        size: LogSize,
        accepts_restored: bool,
        locking: Locking,
    ) -> Result<Self, LedgerError> {
        let path = resolved(path)?;
        let with = |store: Store| {
            if locking == Locking::Required {
                store.check_lock()?;
            }
            remove_abandoned_drafts(&path);
            Self::with(store, &Named(&path), size, accepts_restored)
        };
        if !path.exists() {
            if !accepts_restored && LogFile::path_of(&path).exists() {
                return Err(log_without_ledger(&path));
            }
            if let Some(store) = Store::create(&path, memory, locking)? {
                return with(store);
            }
        }
        with(Store::look(&path, memory, locking)?)
    }

    /// The ledger in a file, which is only read, as is its log.
    pub(crate) fn to_read(path: &Path, memory: MemoryBudget) -> Result<Self, LedgerError> {
        let path = resolved(path)?;
        let store = Store::look_only(&path, memory)?;
        let known = Known::of(&store)?;
        let groups = known.matching(&ReadOnly(&path))?.map(|(_, _, groups)| groups).unwrap_or_default();
        if let Some(last) = groups.last() {
            tracing::info!(
                from = %known.next_fact,
                before = %last.next_fact,
                "facts are read from the log; callers may not have had replies for the last commit"
            );
        }
        Ok(Self { store, log: None, groups })
    }

    /// The ledger that two backends keep.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn on(
        backends: (impl Backend, impl Backend + Clone),
        memory: MemoryBudget,
        size: LogSize,
    ) -> Result<Self, LedgerError> {
        let path = Path::new("on a given backend");
        let (file, log) = backends;
        let is_new = file.len().map_err(|error| LedgerError::io(path, error))? == 0;
        let store =
            if is_new { Store::create_on(path, file, memory)? } else { Store::look_on(path, file, memory)? };
        Self::with(store, &Given(path, log), size, false)
    }

    fn with(
        store: Store,
        logs: &impl Logs,
        size: LogSize,
        accepts_restored: bool,
    ) -> Result<Self, LedgerError> {
        let io = |error| LedgerError::io(&logs.path(), error);
        let file = Known::of(&store)?;
        let mut is_restored = false;
        let log = match file.matching(logs) {
            Err(error) if accepts_restored && is_disagreement(error.kind()) => {
                logs.put_aside().map_err(io)?;
                is_restored = true;
                None
            }
            log => log?,
        };
        let store = store.released()?;
        let (log, header, groups) = if let Some(log) = log {
            log
        } else {
            let mut header = Header::new(file.id, random_lineage()?, file.next_fact);
            (logs.create(&mut header).map_err(io)?, header, Vec::new())
        };
        let covered = if header.lineage == file.log.lineage { file.log.covered } else { Default::default() };
        let covered = groups.last().map_or(covered, |group: &Group| group.last);
        let session = file.log.session.max(header.session).saturating_add(1);
        let state = LogState { lineage: header.lineage, is_open: true, session, covered };
        let log = FoundLog { file: log, header, state, size, is_restored };
        Ok(Self { store, groups, log: Some(log) })
    }
}

/// The ledger's file, as far as the log must agree with it.
struct Known {
    id: LedgerId,
    log: LogState,
    next_fact: FactNumber,
}

type Matching = (LogFile, Header, Vec<Group>);

impl Known {
    fn of(store: &Store) -> Result<Self, LedgerError> {
        let snapshot = store.snapshot()?;
        Ok(Self { id: snapshot.id()?, log: snapshot.log()?, next_fact: snapshot.end()?.next_fact })
    }

    /// The log that belongs to the file, if there is one; refuses any other.
    fn matching(&self, logs: &impl Logs) -> Result<Option<Matching>, LedgerError> {
        let path = logs.path();
        let io = |error| LedgerError::io(&path, error);
        let Some(file) = logs.find().map_err(io)? else {
            return if self.log.is_open { Err(log_missing(&path)) } else { Ok(None) };
        };
        let Some(header) = Header::read(&file).map_err(io)? else {
            if self.log.is_open {
                return Err(LedgerError::damaged(format!(
                    "the header of `{}` cannot be read",
                    path.display()
                )));
            }
            return Ok(None);
        };
        if header.ledger != self.id {
            return Err(disagrees(&path, "is of another ledger"));
        }
        let is_its = header.lineage == self.log.lineage;
        if self.log.is_open && !(is_its && header.session >= self.log.session) {
            return Err(disagrees(&path, "is not the one that the ledger's file was written with"));
        }
        let covered = if is_its { self.log.covered } else { header.last };
        let scanned = scan(&file, &header.lineage, self.next_fact, covered).map_err(io)?;
        let last = scanned.groups.last().map_or(self.next_fact, |group| group.next_fact);
        if !self.log.is_open {
            // A closed file has all that its log had.
            let further = scanned.beyond.map_or(last, |first| first.plus(1)).max(header.next_fact);
            if further > self.next_fact {
                let more = further.get().saturating_sub(self.next_fact.get());
                return Err(disagrees(
                    &path,
                    &format!("has at least {more} facts that the ledger's file lacks"),
                ));
            }
            return Ok(Some((file, header, Vec::new())));
        }
        if let Some(beyond) = scanned.beyond {
            return Err(LedgerError::damaged(format!(
                "a record of `{}` before fact {beyond} cannot be read, and later ones can: facts up to {} are readable",
                path.display(),
                last.get().saturating_sub(1)
            )));
        }
        // Written when all of these were in the file.
        if header.next_fact > last {
            let more = header.next_fact.get().saturating_sub(last.get());
            return Err(disagrees(&path, &format!("knew of {more} facts that the ledger's file lacks")));
        }
        Ok(Some((file, header, scanned.groups)))
    }
}

/// Where logs are found and made.
trait Logs {
    fn path(&self) -> PathBuf;
    fn find(&self) -> Result<Option<LogFile>, Error>;
    fn create(&self, header: &mut Header) -> Result<LogFile, Error>;
    /// Keeps a log that does not agree, under another name.
    fn put_aside(&self) -> Result<(), Error>;
}

/// The log beside a ledger's file.
struct Named<'a>(&'a Path);

impl Logs for Named<'_> {
    fn path(&self) -> PathBuf {
        LogFile::path_of(self.0)
    }

    fn find(&self) -> Result<Option<LogFile>, Error> {
        LogFile::open(self.0)
    }

    fn create(&self, header: &mut Header) -> Result<LogFile, Error> {
        LogFile::create(self.0, |file| CommitLog::fill(file, header))
    }

    fn put_aside(&self) -> Result<(), Error> {
        let path = self.path();
        if !path.exists() {
            return Ok(());
        }
        let names = (1_u32..).map(|number| beside(&path, &format!(".lost-{number}")));
        let free = names.into_iter().find(|name| !name.exists());
        free.map_or(Ok(()), |free| std::fs::rename(&path, free))
    }
}

/// The log beside a ledger's file, which is only read.
struct ReadOnly<'a>(&'a Path);

impl Logs for ReadOnly<'_> {
    fn path(&self) -> PathBuf {
        LogFile::path_of(self.0)
    }

    fn find(&self) -> Result<Option<LogFile>, Error> {
        LogFile::open_read_only(self.0)
    }

    fn create(&self, _header: &mut Header) -> Result<LogFile, Error> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    fn put_aside(&self) -> Result<(), Error> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
}

/// The log on a backend.
#[cfg(any(test, feature = "testing"))]
struct Given<'a, B>(&'a Path, B);

#[cfg(any(test, feature = "testing"))]
impl<B: Backend + Clone> Logs for Given<'_, B> {
    fn path(&self) -> PathBuf {
        self.0.to_owned()
    }

    fn find(&self) -> Result<Option<LogFile>, Error> {
        Ok(if self.1.len()? == 0 { None } else { Some(LogFile::on(self.1.clone())) })
    }

    fn create(&self, header: &mut Header) -> Result<LogFile, Error> {
        let file = LogFile::on(self.1.clone());
        CommitLog::fill(&file, header)?;
        Ok(file)
    }

    fn put_aside(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Keeps the log of a removed ledger under another name.
pub(super) fn put_log_aside(ledger: &Path) -> Result<(), LedgerError> {
    let named = Named(ledger);
    named.put_aside().map_err(|error| LedgerError::io(&named.path(), error))
}

/// The absolute path, through symbolic links: the log lies beside the file itself, whatever folder the program is in later.
fn resolved(path: &Path) -> Result<PathBuf, LedgerError> {
    if path.exists() {
        return path.canonicalize().map_err(|error| LedgerError::io(path, error));
    }
    let absolute = std::path::absolute(path).map_err(|error| LedgerError::io(path, error))?;
    if let Some(folder) = absolute.parent().filter(|folder| !folder.exists()) {
        let message = format!(
            "cannot create the ledger `{}`, because there is no folder `{}`: make it first",
            path.display(),
            folder.display()
        );
        return Err(LedgerError::caused(Kind::Io, message, Error::from(ErrorKind::NotFound)));
    }
    Ok(absolute)
}

fn random_lineage() -> Result<Lineage, LedgerError> {
    let mut lineage = Lineage::default();
    getrandom::fill(&mut lineage)
        .map_err(|error| LedgerError::caused(Kind::Io, "no random numbers for a log", error))?;
    Ok(lineage)
}

/// Whether a log is refused that a ledger's file can be opened without.
fn is_disagreement(kind: Kind) -> bool {
    matches!(kind, Kind::LogDisagrees | Kind::LogMissing | Kind::Damaged)
}

fn disagrees(log: &Path, how: &str) -> LedgerError {
    let message = format!(
        "`{}` {how}: put the files back that belong together, or open the ledger's file as it is with `builder().accept_restored()`",
        log.display()
    );
    LedgerError::new(Kind::LogDisagrees, message)
}

fn log_missing(log: &Path) -> LedgerError {
    let message = format!(
        "`{}` is missing, which holds the ledger's last commits: only one of two files was copied; put it back, or open the ledger's file without them with `builder().accept_restored()`",
        log.display()
    );
    LedgerError::new(Kind::LogMissing, message)
}

fn log_without_ledger(ledger: &Path) -> LedgerError {
    let message = format!(
        "there is no ledger `{}`, but its log `{}` is there: restore a backup, or remove the log to begin a new ledger",
        ledger.display(),
        LogFile::path_of(ledger).display()
    );
    LedgerError::new(Kind::LogDisagrees, message)
}
