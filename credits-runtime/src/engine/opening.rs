//! Opening: checks that a file and a log belong together, and finds the commits that the file lacks.
//!
//! All checks precede all writes, so that a refused pair of files stays as it is.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::commit_log::{CommitGroup, CommitLog, Header, Lineage, LogFile, scan};
use super::files::{beside, remove_abandoned_drafts};
use super::rows::LogState;
#[cfg(any(test, feature = "testing"))]
use super::store::Backend;
use super::store::{LedgerId, Locking, Store};
use super::tuning::LogSize;
use super::wallets::budget::MemoryBudget;
use crate::domain::ids::FactNumber;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// A ledger whose file and log belong together.
pub(crate) struct FoundLedger {
    pub(crate) store: Store,
    /// Commits that only the log has, in order.
    pub(crate) groups: Vec<CommitGroup>,
    /// `None` in memory, and for a ledger that is only read.
    pub(crate) log: Option<FoundLog>,
}

/// A log that is appended to once the ledger's file has all its facts.
pub(crate) struct FoundLog {
    file: LogFile,
    header: Header,
    /// The state that a checkpoint must write to the ledger's file before the first append.
    pub(crate) state: LogState,
    size: LogSize,
    /// Whether facts were lost with a refused log, so that new facts reuse their numbers.
    pub(crate) is_restored: bool,
}

impl FoundLog {
    /// Marks the log as open, which must precede the same mark in the ledger's file.
    pub(crate) fn announce(&mut self) -> Result<(), Error> {
        CommitLog::announce(&mut self.file, &mut self.header, self.state.session)
    }

    /// Opens the log for appending, once a checkpoint of its state is durable.
    pub(crate) fn opened(self, next_fact: FactNumber) -> Result<CommitLog, Error> {
        CommitLog::open(self.file, self.header, self.state, next_fact, self.size)
    }
}

impl FoundLedger {
    /// A ledger in memory.
    pub(crate) fn in_memory(memory: MemoryBudget) -> Result<Self, LedgerError> {
        Ok(Self { store: Store::in_memory(memory)?, groups: Vec::new(), log: None })
    }

    /// Finds the ledger in a file and its log; creates it if there is neither.
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

    /// Finds the ledger in a file and its log, neither of which is written.
    pub(crate) fn to_read(path: &Path, memory: MemoryBudget) -> Result<Self, LedgerError> {
        let path = resolved(path)?;
        let store = Store::look_only(&path, memory)?;
        let known = KnownFile::of(&store)?;
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

    /// Finds the ledger on the backends of its file and its log; creates it if the file is empty.
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
        let file = KnownFile::of(&store)?;
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
        let covered = groups.last().map_or(covered, |group: &CommitGroup| group.last);
        let session = file.log.session.max(header.session).saturating_add(1);
        let state = LogState { lineage: header.lineage, is_open: true, session, covered };
        let log = FoundLog { file: log, header, state, size, is_restored };
        Ok(Self { store, groups, log: Some(log) })
    }
}

/// The properties of the ledger's file that its log must match.
struct KnownFile {
    id: LedgerId,
    log: LogState,
    next_fact: FactNumber,
}

type Matching = (LogFile, Header, Vec<CommitGroup>);

impl KnownFile {
    fn of(store: &Store) -> Result<Self, LedgerError> {
        let snapshot = store.snapshot()?;
        Ok(Self { id: snapshot.id()?, log: snapshot.log()?, next_fact: snapshot.end()?.next_fact })
    }

    /// The log of the file, if it exists; fails if the log does not belong to the file, or if a log is required and
    /// missing.
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
            // A closed file has every fact of its log.
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
        // The file had every fact before this one when the log was last closed.
        if header.next_fact > last {
            let more = header.next_fact.get().saturating_sub(last.get());
            return Err(disagrees(&path, &format!("knew of {more} facts that the ledger's file lacks")));
        }
        Ok(Some((file, header, scanned.groups)))
    }
}

/// A place of logs: the file system, or a backend.
trait Logs {
    fn path(&self) -> PathBuf;
    fn find(&self) -> Result<Option<LogFile>, Error>;
    fn create(&self, header: &mut Header) -> Result<LogFile, Error>;
    /// Renames a log that does not belong to the ledger, so that it is not lost.
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

/// The log beside a ledger's file, without write access.
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

/// Renames the log of a deleted ledger.
pub(super) fn put_log_aside(ledger: &Path) -> Result<(), LedgerError> {
    let named = Named(ledger);
    named.put_aside().map_err(|error| LedgerError::io(&named.path(), error))
}

/// The absolute path without symbolic links: the log lies beside the file itself, even if the working directory
/// changes.
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

/// Whether the ledger's file can be opened without its log after this error.
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
