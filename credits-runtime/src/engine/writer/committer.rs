//! The committer: what was decided becomes durable, is shown to readers, and then answered, in this order, so that a caller
//! reads its own write and nobody reads what is not durable.
//!
//! It works on the writer's thread as long as nobody else waits, and otherwise on one of its own, while the writer decides
//! the next batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use super::checkpointer::Checkpointer;
use super::commit_log::{AppendError, CommitLog};
use super::frames::Encoded;
use super::inbox::{Asked, Inbox, Waiting};
use super::keys::upkeep::KeysPlan;
use super::news::News;
use super::overlay::{Done, Opened, Submitted};
use super::reply::{Answered, HoldGuard, Slot};
use super::runs::{Alive, Runs};
use super::sealed::Sealed;
use super::store::{Cursors, Logged, Store};
use super::sync::Mutex;
use super::views::Views;
use crate::domain::command::Action;
use crate::domain::fact::Purpose;
use crate::domain::ids::{FactNumber, WalletId};
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// Commands with what they came to, while it is not yet durable.
pub(crate) type Decided = Vec<(Arc<Asked>, Slot, Result<Submitted, LedgerError>)>;

/// What makes batches durable.
#[derive(Clone)]
pub(crate) struct Committer {
    pub(crate) store: Arc<Store>,
    /// `None` of a ledger in memory.
    pub(crate) log: Option<Arc<CommitLog>>,
    pub(crate) checkpointer: Arc<Checkpointer>,
    pub(crate) views: Arc<Views>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) news: Arc<News>,
    pub(crate) runs: Arc<Mutex<Runs>>,
    /// What wallets are packed in.
    pub(crate) packing: Vec<u8>,
}

/// A batch to commit.
pub(crate) struct Job {
    pub(crate) sealed: Arc<Sealed>,
    /// From which fact on rows may lack facts, before and after it.
    pub(crate) lacking: (FactNumber, FactNumber),
    pub(crate) keys: KeysPlan,
    /// Cursors of subscribers that are written with it.
    pub(crate) cursors: Cursors,
    /// How many dropped holds it released.
    pub(crate) releases: usize,
    /// Who is answered then.
    pub(crate) decided: Decided,
}

/// What became of it. Everybody is answered.
pub(crate) struct Landed {
    pub(crate) outcome: Result<(), NotCommitted>,
    /// Empty, to be used again.
    pub(crate) decided: Decided,
}

/// A commit that failed, with what it would have done besides.
pub(crate) struct NotCommitted {
    pub(crate) error: LedgerError,
    pub(crate) keys: KeysPlan,
    pub(crate) cursors: Cursors,
}

/// A committer on a thread of its own.
pub(crate) struct Ahead {
    jobs: Option<std::sync::mpsc::Sender<(Job, oneshot::Sender<Landed>)>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the writer that a batch has landed, however that ended.
struct Landing<'a>(&'a Inbox);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.land();
    }
}

impl Committer {
    /// Commits a batch, shows it to readers, and answers it.
    pub(crate) fn commit(&mut self, job: Job) -> Landed {
        let Job { sealed, lacking, mut keys, cursors, releases, mut decided } = job;
        if let Err(error) = self.write(&sealed, lacking, &mut keys, &cursors) {
            let refused = decided.drain(..).map(|(asked, slot, _)| Waiting { asked, slot });
            refuse(refused, &error);
            return Landed { outcome: Err(NotCommitted { error, keys, cursors }), decided };
        }
        self.publish(&sealed, keys);
        self.count(decided.len().saturating_add(releases) as u64);
        self.answer(&mut decided, &sealed.room.frames.all);
        Landed { outcome: Ok(()), decided }
    }

    /// Makes a batch durable, and publishes its rows.
    fn write(
        &self,
        sealed: &Sealed,
        lacking: (FactNumber, FactNumber),
        keys: &mut KeysPlan,
        cursors: &Cursors,
    ) -> Result<(), LedgerError> {
        let record = self.append(sealed)?;
        let published = catch_unwind(AssertUnwindSafe(|| {
            self.store.publish(sealed.changes(lacking, keys, cursors, record));
        }));
        published.map_err(|_| unknown(None))?;
        self.checkpointer.notice();
        Ok(())
    }

    /// Writes a batch's frames to the log, durably.
    fn append(&self, sealed: &Sealed) -> Result<Option<Logged>, LedgerError> {
        self.checkpointer.wait_for_room(false)?;
        let (first, next_fact) = (sealed.began, sealed.position.next_fact);
        let Some(log) = self.log.as_ref().filter(|_| next_fact > first) else { return Ok(None) };
        let facts = next_fact.get().saturating_sub(first.get());
        loop {
            let appended =
                catch_unwind(AssertUnwindSafe(|| log.append(first, facts, &sealed.room.frames.all)));
            match appended {
                Ok(Ok(checksum)) => return Ok(Some(Logged { checksum, next_fact })),
                Ok(Err(AppendError::Full)) => self.checkpointer.wait_for_room(true)?,
                Ok(Err(AppendError::NotDone(error))) => {
                    // A segment of the log may be free after it.
                    self.checkpointer.request();
                    let message = format!("the write did not happen ({error}): send it again");
                    return Err(LedgerError::caused(LedgerErrorKind::NotDone, message, error));
                }
                Ok(Err(AppendError::Gone)) => return Err(gone(self.store.path())),
                Ok(Err(AppendError::OutcomeUnknown(error))) => return Err(unknown(Some(error))),
                Err(_) => return Err(unknown(None)),
            }
        }
    }

    /// Whether the ledger's files are where they were opened.
    pub(crate) fn check_files(&self) -> Result<(), LedgerError> {
        check_files(&self.store, self.log.as_deref())
    }

    /// Shows readers what is durable.
    fn publish(&mut self, sealed: &Sealed, keys: KeysPlan) {
        let Self { views, packing, .. } = self;
        views.keys.committed(keys, &sealed.room.keys);
        // Before the wallets: whoever has read one finds its milestones.
        views.milestones.committed(sealed.rows.iter().map(|row| &row.id), &sealed.milestones);
        for (hash, id, loaded) in sealed.room.wallets.changed() {
            views.publish_of((hash, id), &loaded.wallet, loaded.lags.1, packing);
        }
        for row in &sealed.rows {
            match sealed.unchanged.get(&row.id) {
                Some(wallet) if row.is_refiled() => views.publish(&row.id, wallet, false, packing),
                Some(_) => views.written(&row.id),
                None => {}
            }
        }
        views.publish_rest(sealed.position.last_at, &sealed.position.totals);
        if !sealed.room.frames.is_empty() {
            views.commits.fetch_add(1, Ordering::Relaxed);
        }
        self.news.announce(sealed.position.next_fact);
    }

    /// Counts what is about to be answered.
    pub(super) fn count(&self, commands: u64) {
        self.views.commands.fetch_add(commands, Ordering::Relaxed);
        self.views.largest_batch.fetch_max(commands, Ordering::Relaxed);
    }

    /// Answers what is durable, in these frames.
    pub(crate) fn answer(&self, decided: &mut Decided, frames: &Arc<Vec<u8>>) {
        for (asked, mut slot, submitted) in decided.drain(..) {
            let answer = self.answer_of((&asked, &mut slot), submitted, frames).map_err(Box::new);
            // It is freed where it was made.
            drop(asked);
            slot.answer(answer);
        }
    }

    /// The answer of a durable command. A hold that it opened is guarded from here on: not before, because the number of one
    /// that was not written is given to another.
    fn answer_of(
        &self,
        (asked, slot): (&Asked, &mut Slot),
        submitted: Result<Submitted, LedgerError>,
        frames: &Arc<Vec<u8>>,
    ) -> Result<Answered, Error> {
        match (submitted.map_err(|error| error.of(asked.key()))??, asked) {
            (Done::Before(frame), Asked::Command(command)) => {
                if let Action::Settle { hold, .. } = command.action {
                    // Its key may have been charged through another hold; then nothing is owed for this one.
                    self.inbox.release(command.wallet.clone(), hold);
                }
                Ok(Answered::Before(frame))
            }
            (Done::Before(frame), _) => Ok(Answered::Before(frame)),
            (Done::Now(place, Some(opened)), Asked::Command(command))
                if matches!(command.action, Action::Hold { .. }) =>
            {
                let unarmed = || Box::new(HoldGuard::unarmed(&self.inbox, &command.wallet));
                let mut guard = slot.take_guard().unwrap_or_else(unarmed);
                (guard.hold, guard.alive) = (Some(opened.hold), self.begin_run(&command.wallet, opened));
                Ok(Answered::Now(Encoded::of(place, frames), Some(guard)))
            }
            (Done::Now(place, _), _) => Ok(Answered::Now(Encoded::of(place, frames), None)),
        }
    }

    /// Takes down a hold of work, which is extended as long as what it answers is there.
    fn begin_run(&self, wallet: &WalletId, opened: Opened) -> Option<Alive> {
        if opened.purpose != Purpose::Run {
            return None;
        }
        let (alive, mut runs) = (Alive::default(), self.runs.lock().unwrap_or_else(PoisonError::into_inner));
        runs.begin(wallet.clone(), opened.hold, opened.until, &alive);
        Some(alive)
    }
}

/// Whether the ledger's files are where they were opened.
pub(crate) fn check_files(store: &Store, log: Option<&CommitLog>) -> Result<(), LedgerError> {
    if store.is_gone() || log.is_some_and(CommitLog::is_gone) { Err(gone(store.path())) } else { Ok(()) }
}

fn gone(path: &Path) -> LedgerError {
    let message = format!(
        "the ledger `{}` or its log was removed or replaced while it was open, so this handle writes no more: put the files back and open it again",
        path.display()
    );
    LedgerError::new(LedgerErrorKind::FileGone, message)
}

fn unknown(error: Option<std::io::Error>) -> LedgerError {
    let message = "whether the write happened is not known: open the ledger again and send the command under the same key";
    match error {
        Some(error) => LedgerError::caused(LedgerErrorKind::OutcomeUnknown, message, error),
        None => LedgerError::new(LedgerErrorKind::OutcomeUnknown, message),
    }
}

/// Answers commands with an error.
pub(crate) fn refuse(commands: impl IntoIterator<Item = Waiting>, error: &LedgerError) {
    for Waiting { asked, slot } in commands {
        slot.answer(Err(Box::new(error.of(asked.key()).into())));
    }
}

impl Ahead {
    /// Starts the thread.
    pub(crate) fn start(mut committer: Committer) -> Result<Self, LedgerError> {
        let (jobs, waiting) = std::sync::mpsc::channel::<(Job, oneshot::Sender<Landed>)>();
        let work = move || {
            for (job, landed) in waiting {
                let inbox = Arc::clone(&committer.inbox);
                let result = {
                    let _landing = Landing(&inbox);
                    committer.commit(job)
                };
                drop(landed.send(result));
            }
        };
        let thread = std::thread::Builder::new().name("credits-writer2".to_owned()).spawn(work);
        let thread = thread.map_err(|error| {
            LedgerError::caused(LedgerErrorKind::Io, "cannot start the ledger's thread", error)
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Commits a batch there; the inbox tells when it has landed. Dropped without an answer, the outcome is unknown.
    pub(crate) fn commit(&self, job: Job) -> oneshot::Receiver<Landed> {
        let (sender, receiver) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            drop(jobs.send((job, sender)));
        }
        receiver
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
