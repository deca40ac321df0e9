//! The writer: one thread, one batch at a time. Commands in, one commit, answers out.
//!
//! overlay -> facts -> commit -> publish -> answer, so that a caller reads its own write, and nobody reads what
//! is not durable. This file is what the thread does when; how a batch is decided is in `deciding`, how it gets to the
//! disk in `flight`.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::agenda::Agenda;
use super::billing::{Bill, Sale};
use super::checkpoint::Checkpoint;
use super::clock::LedgerClock;
use super::codec;
use super::committer::{Ahead, Committer, Decided, refuse};
use super::flight::Flight;
use super::inbox::{Asked, Booked, Inbox, Linger, Taken, Waiting, Work};
use super::keys::upkeep::Upkeep;
use super::news::News;
use super::overlay::{Position, Room};
use super::pace::Pace;
use super::reply::Slot;
use super::runs::{Extending, Runs};
use super::store::{Changes, Cursors, Store};
use super::sync::{Mutex, MutexGuard};
use super::views::Views;
use crate::domain::ids::Key;
use crate::domain::limits::AGENDA_RECORDS_MAX;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// After how much idleness everything is written to the ledger's file.
const IDLE_AFTER: Duration = Duration::from_secs(1);
/// How often it is checked that the ledger's files have their names.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the writer's thread owns and shares.
pub(crate) struct Writer {
    pub(crate) store: Arc<Store>,
    pub(crate) views: Arc<Views>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) news: Arc<News>,
    pub(crate) clock: Arc<LedgerClock>,
    /// Where the journal stands once everything that was decided is committed.
    pub(crate) position: Position,
    pub(crate) policy: Policy,
    pub(crate) sale: Arc<Sale>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) upkeep: Upkeep,
    pub(crate) pace: Pace,
    pub(crate) agenda: Agenda,
    pub(crate) runs: Arc<Mutex<Runs>>,
    /// Holds that the last batch with any extends, until it has landed.
    pub(crate) extending: Vec<Extending>,
    /// What commits here, and what commits while more is decided.
    pub(crate) committer: Committer,
    pub(crate) ahead: Ahead,
    /// What is being committed.
    pub(crate) flight: Option<Flight>,
    /// What keys of its own commands begin with, and how many there are.
    pub(crate) keys: (u64, u64),
    /// When something is due next in any wallet; it may be early.
    pub(crate) next_due: Option<Timestamp>,
    /// Whoever waits for what is due.
    pub(crate) booked: Vec<Booked>,
    pub(crate) rest: Rest,
    /// What earlier batches were made in.
    pub(crate) rooms: Vec<Room>,
    /// As large as the last batch's commands were, and empty.
    pub(crate) decided: Decided,
    pub(crate) commands: Vec<Waiting>,
    pub(crate) linger: Linger,
    /// Set once an outcome is unknown: this handle writes no more.
    pub(crate) stopped: Option<LedgerError>,
}

/// What is done when there is time.
#[derive(Default)]
pub(crate) struct Rest {
    /// Whether there was a commit since the next opening was prepared.
    pub(super) unmarked: bool,
    /// Cursors of subscribers that are not written.
    pub(super) cursors: Cursors,
    /// When the ledger's files were last looked for, by the clock that nobody sets.
    looked_at: Option<Duration>,
}

/// How the writer's thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every commit's outcome is known.
    Complete,
    /// It is not: the log has it, or has it not.
    Stopped,
}

/// Replies to callers that wait when the thread ends, by a bug too.
struct Abandoning(Arc<Inbox>);

impl Drop for Abandoning {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    /// Works until the inbox is closed and empty.
    pub(crate) fn run(mut self) -> Ended {
        let _abandoning = Abandoning(Arc::clone(&self.inbox));
        loop {
            // What comes while a batch is on its way joins the next one as it comes.
            let linger = if self.flight.is_some() { Linger::NOT } else { self.linger };
            match self.inbox.take(self.wait(), linger, std::mem::take(&mut self.commands)) {
                Taken::Work(work) => self.work(work),
                Taken::Landed => drop(self.land()),
                Taken::Nothing if self.is_due() => self.work(Work::default()),
                // While there are commits, they write cursors too, and idleness follows.
                Taken::Poked if self.rest.unmarked => {}
                Taken::Nothing | Taken::Poked => {
                    self.linger = Linger::NOT;
                    self.rest();
                }
                Taken::Closed(cursors) => {
                    self.rest.cursors.extend(cursors);
                    drop(self.land());
                    // What cannot be written now is replayed by the next opening.
                    while self.stopped.is_none() && self.write_lagging().is_ok_and(|complete| !complete) {}
                    self.rest();
                    return if self.stopped.is_none() { Ended::Complete } else { Ended::Stopped };
                }
            }
        }
    }

    /// Books what came due while the ledger was closed or waited for another catalogue.
    pub(crate) fn begin(&mut self) -> Result<(), LedgerError> {
        self.book_due()?;
        self.look_again()
    }

    /// Books what is due; answers when all of it is, or with the first failure.
    fn book_due(&mut self) -> Result<(), LedgerError> {
        while self.is_due() {
            self.commit(&mut Vec::new(), &[], &mut Vec::new())?;
            self.land()?;
        }
        Ok(())
    }

    /// Looks again at billing that somebody should look at: the catalogue may know by now what was bought.
    fn look_again(&mut self) -> Result<(), LedgerError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let snapshot = self.store.snapshot()?;
            let listed = snapshot.view_keys(codec::ATTENTION_KEYS, after.as_deref(), AGENDA_RECORDS_MAX)?;
            let Some(last) = listed.last() else { return Ok(()) };
            after = Some(last.clone());
            let owners = listed.iter().filter_map(|key| codec::billing_from_key(key.get(1..)?));
            let bills = owners.map(|owner| Asked::Bill(Bill::Fulfil(owner), Key::none()));
            let waiting = |asked| Waiting { asked: Arc::new(asked), slot: Slot::new().0 };
            let mut asked: Vec<_> = bills.map(waiting).collect();
            self.commit(&mut asked, &[], &mut Vec::new())?;
            self.land()?;
        }
    }

    /// How long it need not look for anything but work.
    fn wait(&self) -> Option<Duration> {
        if self.stopped.is_some() {
            return None;
        }
        let until = |instant: Option<Timestamp>| instant.and_then(|instant| self.clock.wait_until(instant));
        let idle = self.rest.unmarked.then(|| self.clock.now().after(IDLE_AFTER));
        [until(self.next_due), until(self.runs().next()), until(idle)].into_iter().flatten().min()
    }

    /// Whether something is to be booked by now.
    pub(super) fn is_due(&self) -> bool {
        let now = self.clock.now().max(self.position.last_at);
        let is_due = |instant: Option<Timestamp>| instant.is_some_and(|instant| instant <= now);
        self.clock.unconfirmed().is_none()
            && self.stopped.is_none()
            && (is_due(self.next_due) || is_due(self.runs().next()))
    }

    /// Writes what rows lack, and has all of it written to the file.
    fn rest(&mut self) {
        drop(self.land());
        self.rest.cursors.extend(self.inbox.take_cursors());
        if self.stopped.is_some() || (!self.rest.unmarked && self.rest.cursors.is_empty()) {
            return;
        }
        match self.write_lagging() {
            Ok(true) => {}
            // The others are written when there is time again.
            Ok(false) => return,
            Err(error) => return tracing::warn!(%error, "rows that lag could not be written"),
        }
        let cursors = std::mem::take(&mut self.rest.cursors);
        self.store.publish(Changes::of_cursors(cursors));
        self.rest.unmarked = false;
        self.committer.checkpointer.request();
    }

    /// Stops once a second's look finds that a file of the ledger was removed.
    fn look_for_files(&mut self) {
        let running = self.clock.running();
        if self.rest.looked_at.is_some_and(|at| running.saturating_sub(at) < LOOK_EVERY) {
            return;
        }
        self.rest.looked_at = Some(running);
        if let (Err(gone), None) = (self.committer.check_files(), &self.stopped) {
            tracing::error!(error = %gone, "this handle writes no more");
            self.stopped = Some(gone);
        }
    }

    fn work(&mut self, work: Work) {
        self.look_for_files();
        let Work { mut commands, releases, booked, cursors } = work;
        self.booked.extend(booked);
        self.rest.cursors.extend(cursors);
        let mut releases = &releases[..];
        loop {
            let mut decided = std::mem::take(&mut self.decided);
            let sent = self.check_stopped().and_then(|()| self.commit(&mut commands, releases, &mut decided));
            if let Err(error) = sent {
                self.booked.drain(..).for_each(|booked| drop(booked.send(Err(error.clone()))));
                let decided = decided.into_iter().map(|(asked, slot, _)| Waiting { asked, slot });
                return refuse(decided.chain(commands), &error);
            }
            if commands.is_empty() {
                break;
            }
            releases = &[];
        }
        self.commands = commands;
        // Whoever asked for what is due is answered once all of it is booked.
        if !self.booked.is_empty() {
            let all = self.land().and_then(|()| self.book_due());
            if all.is_ok() && !self.rest.cursors.is_empty() {
                self.rest();
            }
            self.booked.drain(..).for_each(|booked| drop(booked.send(all.clone())));
        }
    }

    pub(super) fn check_stopped(&self) -> Result<(), LedgerError> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    pub(super) fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
