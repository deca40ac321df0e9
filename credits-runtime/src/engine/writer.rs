//! The writer: one thread, one batch at a time. Commands in, one commit, answers out.
//!
//! overlay -> facts -> commit -> publish -> answer, so that a caller reads its own write, and nobody reads what
//! is not durable.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::agenda::Agenda;
use super::billing::{Bill, Sale};
use super::checkpoint::{Checkpoint, Plan};
use super::clock::LedgerClock;
use super::codec;
use super::frames::Encoded;
use super::inbox::{Asked, Booked, Inbox, Linger, Taken, Waiting, Work};
use super::keys::upkeep::{KeysPlan, Upkeep};
use super::ledger::Ledger;
use super::news::{News, Refusal};
use super::overlay::{Batch, Committed, Done, Loaded, Opened, Position, Room, Submitted, WalletRow};
use super::reply::{Answered, HoldGuard, Slot};
use super::runs::{Alive, Runs};
use super::sidecar::{Said, Sidecar};
use super::store::{Cursors, Failure, LedgerId, Store};
use super::views::Views;
use crate::domain::command::{Action, Command};
use crate::domain::fact::Purpose;
use crate::domain::ids::{FactNumber, HoldId, Key, WalletId};
use crate::domain::limits::{AGENDA_RECORDS_MAX, CHECKPOINT_ROWS_MAX};
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// After how much idleness the next opening is prepared.
const IDLE_AFTER: Duration = Duration::from_secs(1);
/// How often the sidecar is written under load.
const SIDECAR_EVERY: Duration = Duration::from_secs(1);

/// What the writer's thread owns and shares.
pub(crate) struct Writer {
    pub(crate) store: Arc<Store>,
    pub(crate) views: Arc<Views>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) news: Arc<News>,
    pub(crate) clock: Arc<LedgerClock>,
    pub(crate) sidecar: Option<Sidecar>,
    pub(crate) id: LedgerId,
    pub(crate) position: Position,
    pub(crate) policy: Policy,
    pub(crate) sale: Arc<Sale>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) upkeep: Upkeep,
    pub(crate) agenda: Agenda,
    pub(crate) runs: Runs,
    /// What keys of its own commands begin with, and how many there are.
    pub(crate) keys: (u64, u64),
    /// When something is due next in any wallet; it may be early.
    pub(crate) next_due: Option<Timestamp>,
    /// Whoever waits for what is due.
    pub(crate) booked: Vec<Booked>,
    pub(crate) rest: Rest,
    /// What the last batch was made in.
    pub(crate) room: Room,
    /// As large as the last batch's commands were, and empty.
    pub(crate) decided: Decided,
    pub(crate) commands: Vec<Waiting>,
    pub(crate) linger: Linger,
    /// What wallets are packed in.
    pub(crate) packing: Vec<u8>,
    /// Set once an outcome is unknown: this handle writes no more.
    pub(crate) stopped: Option<LedgerError>,
}

/// What is done when there is time.
#[derive(Default)]
pub(crate) struct Rest {
    /// Whether there was a commit since the next opening was prepared.
    unmarked: bool,
    /// Cursors of subscribers that are not written.
    cursors: Cursors,
    /// When the sidecar was written, by the clock that nobody sets.
    sidecar_at: Option<Duration>,
}

/// Answers whoever waits when the thread ends, by a bug too.
struct Ended(Arc<Inbox>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Commands with what they came to, while it is not yet durable.
pub(crate) type Decided = Vec<(Arc<Asked>, Slot, Result<Submitted, LedgerError>)>;

impl Writer {
    /// Works until the inbox is closed and empty.
    pub(crate) fn run(mut self) {
        let _ended = Ended(Arc::clone(&self.inbox));
        loop {
            match self.inbox.take(self.wait(), self.linger, std::mem::take(&mut self.commands)) {
                Taken::Work(work) => self.work(work),
                Taken::Nothing if self.is_due() => self.work(Work::default()),
                // While there are commits, they write cursors too, and idleness follows.
                Taken::Poked if self.rest.unmarked => {}
                Taken::Nothing | Taken::Poked => {
                    self.linger = Linger::NOT;
                    self.rest();
                }
                Taken::Closed(cursors) => {
                    self.rest.cursors.extend(cursors);
                    // What cannot be written now is replayed by the next opening.
                    while self.stopped.is_none() && self.write_lagging().is_ok_and(|complete| !complete) {}
                    self.rest();
                    return;
                }
            }
        }
    }

    /// Books what came due while the ledger was closed or waited for another catalogue, and says beside the file that
    /// it is here.
    pub(crate) fn begin(&mut self) -> Result<(), LedgerError> {
        self.book_due()?;
        self.look_again()?;
        self.write_sidecar();
        Ok(())
    }

    /// Books what is due; answers when all of it is, or with the first failure.
    fn book_due(&mut self) -> Result<(), LedgerError> {
        while self.is_due() {
            self.commit(&mut Vec::new(), &[], &mut Vec::new())?;
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
        }
    }

    /// How long it need not look for anything but work.
    fn wait(&self) -> Option<Duration> {
        if self.stopped.is_some() {
            return None;
        }
        let until = |instant: Option<Timestamp>| instant.and_then(|instant| self.clock.wait_until(instant));
        let idle = self.rest.unmarked.then(|| self.clock.now().after(IDLE_AFTER));
        [until(self.next_due), until(self.runs.next()), until(idle)].into_iter().flatten().min()
    }

    /// Whether something is to be booked by now.
    fn is_due(&self) -> bool {
        let now = self.clock.now().max(self.position.last_at);
        let is_due = |instant: Option<Timestamp>| instant.is_some_and(|instant| instant <= now);
        self.clock.unconfirmed().is_none()
            && self.stopped.is_none()
            && (is_due(self.next_due) || is_due(self.runs.next()))
    }

    /// Prepares for the next opening, and says beside the file how far it has come.
    fn rest(&mut self) {
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
        match self.store.mark(&self.rest.cursors) {
            Ok(()) => {
                self.rest.cursors.clear();
                self.rest.unmarked = false;
            }
            // Nothing of a ledger's is in it; a disk that fails shows at the next commit.
            Err(error) => {
                tracing::warn!(?error, "the next opening could not be prepared");
                self.rest.unmarked = false;
            }
        }
        self.write_sidecar();
    }

    fn write_sidecar(&mut self) {
        if let Some(sidecar) = &self.sidecar {
            sidecar.write(Said { id: self.id, next_fact: self.position.next_fact });
            self.rest.sidecar_at = Some(self.clock.running());
        }
    }

    fn work(&mut self, work: Work) {
        let Work { mut commands, releases, booked, cursors } = work;
        self.booked.extend(booked);
        self.rest.cursors.extend(cursors);
        if let Some(stopped) = &self.stopped {
            self.booked.drain(..).for_each(|booked| drop(booked.send(Err(stopped.clone()))));
            return refuse(commands, stopped);
        }
        let count = commands.len().saturating_add(releases.len());
        let mut decided = std::mem::take(&mut self.decided);
        match self.commit(&mut commands, &releases, &mut decided) {
            Ok(()) => {
                self.views.commands.fetch_add(count as u64, Ordering::Relaxed);
                self.views.largest_batch.fetch_max(count as u64, Ordering::Relaxed);
                self.linger = Linger::for_clients(count, self.inbox.len());
                let frames = self.room.frames.share();
                for (asked, slot, submitted) in decided.drain(..) {
                    let answer = self.answer(&asked, submitted, &frames).map_err(Box::new);
                    // It is freed where it was made.
                    drop(asked);
                    slot.answer(answer);
                }
                (self.decided, self.commands) = (decided, commands);
                if !self.booked.is_empty() && !self.rest.cursors.is_empty() {
                    self.rest();
                }
                if !self.is_due() {
                    self.booked.drain(..).for_each(|booked| drop(booked.send(Ok(()))));
                }
            }
            Err(error) => {
                self.booked.drain(..).for_each(|booked| drop(booked.send(Err(error.clone()))));
                let decided = decided.into_iter().map(|(asked, slot, _)| Waiting { asked, slot });
                refuse(decided.chain(commands), &error);
            }
        }
        // Whoever asked for what is due is answered once all of it is booked.
        while !self.booked.is_empty() {
            let all = self.book_due();
            self.booked.drain(..).for_each(|booked| drop(booked.send(all.clone())));
        }
        let running = self.clock.running();
        if self.rest.sidecar_at.is_none_or(|at| running.saturating_sub(at) >= SIDECAR_EVERY) {
            self.write_sidecar();
        }
    }

    /// Decides and commits a batch: everything in it, or, on an error, nothing that anybody may count on.
    fn commit(
        &mut self,
        commands: &mut Vec<Waiting>,
        releases: &[(WalletId, HoldId)],
        decided: &mut Decided,
    ) -> Result<(), LedgerError> {
        let (store, views, policy) = (Arc::clone(&self.store), Arc::clone(&self.views), self.policy);
        let replay_from = self.checkpoint.replay_from();
        let room = std::mem::take(&mut self.room);
        let mut batch = Batch::new((&store, &views, &policy), &self.position, replay_from).within(room);
        let mut after_due = None;
        // A panic before the commit is a bug of ours that must not take the ledger with it: nothing is written.
        let deciding = catch_unwind(AssertUnwindSafe(|| {
            if self.is_due() {
                self.extend(&mut batch);
                after_due = Some(batch.book_due(self.clock.now(), Some(&self.sale), &self.agenda));
            }
            for (wallet, hold) in releases {
                self.release(&mut batch, wallet, *hold);
            }
            for Waiting { asked, slot } in commands.drain(..) {
                // What cannot be read harms this command alone: nothing of it is booked.
                let submitted = match &*asked {
                    Asked::Command(command) => self.submit(&mut batch, command),
                    Asked::Bill(bill, _) => self.bill(&mut batch, bill),
                };
                decided.push((asked, slot, submitted));
            }
        }));
        if deciding.is_err() {
            tracing::error!("a rule was broken while deciding; nothing of the batch was written");
            let message = "the write did not happen, a rule of the ledger was broken: please report it";
            return Err(LedgerError::new(LedgerErrorKind::NotDone, message));
        }
        // Once some of the agenda was worked off, it says itself what is next.
        let next_due = after_due.transpose()?.unwrap_or(self.next_due);
        let next_due = next_due.into_iter().chain(batch.next_due_at()).min();
        if !batch.is_empty() {
            self.commit_batch(batch)?;
        }
        self.next_due = next_due;
        Ok(())
    }

    /// Commits what was decided, with what the upkeep of keys and the checkpoint add, and shows it to readers.
    fn commit_batch(&mut self, mut batch: Batch<'_>) -> Result<(), LedgerError> {
        let views = Arc::clone(&self.views);
        let (facts, next_fact) = (batch.facts(), batch.position.next_fact);
        let after = (next_fact, batch.position.last_at);
        let (used, snapshot) = batch.keys()?;
        let keys = self.upkeep.plan(&views.keys, used, after, snapshot);
        let hurried = if views.is_over_budget() { facts.saturating_mul(2) } else { 0 };
        let plan = self.checkpoint.plan(facts, hurried, next_fact, |id| views.lags(id));
        let mut written: Vec<&WalletId> = self.checkpoint.planned().iter().collect();
        let forced = batch.forced();
        if !forced.is_empty() {
            written.extend(&forced);
            written.sort_unstable();
            written.dedup();
        }
        let rows = batch.rows(written);
        if let Err(error) = self.write(&batch, (&rows, plan.replay_from), &keys) {
            self.upkeep.failed(&views.keys, &keys);
            return Err(error);
        }
        let Committed { position, mut room } = batch.committed();
        views.keys.committed(keys, &mut room.keys);
        self.publish(room.wallets.drain(), rows, &plan);
        views.publish_rest(position.last_at, &position.totals);
        views.sweep();
        views.commits.fetch_add(1, Ordering::Relaxed);
        (self.room, self.position) = (room, position);
        self.rest.unmarked = true;
        self.news.announce(self.position.next_fact);
        Ok(())
    }

    fn submit(&self, batch: &mut Batch<'_>, command: &Command) -> Result<Submitted, LedgerError> {
        if let Some(now) = self.clock.unconfirmed() {
            return Ok(Err(Rejection::ClockUnconfirmed { now, last: self.position.last_at }));
        }
        let now = self.clock.now();
        let submitted = batch.submit(command, now)?;
        if let Err(Rejection::InsufficientCredits { needed, available }) = &submitted
            && matches!(command.action, Action::Spend(_) | Action::Hold { .. })
        {
            let (wallet, needed, available) = (command.wallet.clone(), *needed, *available);
            self.news.refused(Refusal { wallet, needed, available, at: now });
        }
        Ok(submitted)
    }

    fn bill(&self, batch: &mut Batch<'_>, bill: &Bill) -> Result<Submitted, LedgerError> {
        if let Some(now) = self.clock.unconfirmed() {
            return Ok(Err(Rejection::ClockUnconfirmed { now, last: self.position.last_at }));
        }
        batch.bill(bill, &self.sale, self.clock.now())
    }

    /// Extends the holds of work that is alive, before they lapse.
    fn extend(&mut self, batch: &mut Batch<'_>) {
        let now = self.clock.now().max(self.position.last_at);
        for (wallet, hold, alive) in self.runs.due(now) {
            let (base, count) = self.keys;
            self.keys.1 = count.saturating_add(1);
            let action = Action::Extend { hold, by: self.policy.hold_limit };
            let key = Key::generated(base, count);
            let command = Command::new(wallet, key, action, Metadata::default());
            match batch.submit(&command, now) {
                Ok(Ok(Done::Now(_, Some(opened)))) => self.begin_run(&command.wallet, opened, &alive),
                Ok(Ok(_)) => {}
                // It has ended, or been open for as long as it may be.
                Ok(Err(rejection)) => tracing::debug!(%hold, %rejection, "a hold is not extended"),
                Err(error) => tracing::warn!(%hold, %error, "a hold could not be extended"),
            }
        }
    }

    /// Takes down a hold of work.
    fn begin_run(&mut self, wallet: &WalletId, opened: Opened, alive: &Alive) {
        if opened.purpose == Purpose::Run {
            self.runs.begin(wallet.clone(), opened.hold, opened.until, alive);
        }
    }

    /// Writes rows that lag, so that the next opening need not replay: some of them, as long as anybody may want
    /// something else meanwhile. Answers whether none lags any more.
    fn write_lagging(&mut self) -> Result<bool, LedgerError> {
        if !self.checkpoint.is_complete(self.position.next_fact) {
            let (store, views, policy) = (Arc::clone(&self.store), Arc::clone(&self.views), self.policy);
            let replay_from = self.checkpoint.replay_from();
            let batch = Batch::new((&store, &views, &policy), &self.position, replay_from);
            let next_fact = self.position.next_fact;
            let plan = self.checkpoint.flush(CHECKPOINT_ROWS_MAX, next_fact, |id| views.lags(id));
            let rows = batch.rows(self.checkpoint.planned());
            let keys = KeysPlan::unchanged(&views.keys);
            self.write(&batch, (&rows, plan.replay_from), &keys)?;
            self.publish(std::iter::empty(), rows, &plan);
        }
        Ok(self.checkpoint.is_complete(self.position.next_fact))
    }

    /// Shows readers the wallets that were changed, and notes which rows were written and which lag now.
    fn publish(
        &mut self,
        wallets: impl Iterator<Item = (WalletId, Loaded)>,
        rows: Vec<WalletRow>,
        plan: &Plan,
    ) {
        let Self { views, agenda, checkpoint, packing, .. } = self;
        let written: HashSet<&WalletId, RandomState> = rows.iter().map(|row| &row.id).collect();
        let mut lagging = Vec::new();
        for (id, Loaded { mut wallet, lagged, unfiled, .. }) in wallets.filter(|(_, loaded)| loaded.changed) {
            let lags = !written.contains(&id);
            if !lags {
                wallet.agenda = wallet.next_due_at();
            }
            agenda.moved(&id, unfiled, Agenda::unfiled(&wallet));
            views.publish(&id, &wallet, lags, packing);
            if lags && !lagged {
                lagging.push(id);
            }
        }
        drop(written);
        checkpoint.committed(plan, lagging);
        for row in rows {
            let is_refiled = row.is_refiled();
            match row.unchanged {
                Some(mut wallet) if is_refiled => {
                    agenda.moved(&row.id, Agenda::unfiled(&wallet), None);
                    wallet.agenda = wallet.next_due_at();
                    views.publish(&row.id, &wallet, false, packing);
                }
                Some(_) => views.written(&row.id),
                None => {}
            }
        }
    }

    fn write(
        &mut self,
        batch: &Batch<'_>,
        (rows, replay_from): (&[WalletRow], FactNumber),
        keys: &KeysPlan,
    ) -> Result<(), LedgerError> {
        let committed = catch_unwind(AssertUnwindSafe(|| {
            self.store.commit(&batch.changes(rows, replay_from, keys), &self.rest.cursors)
        }));
        let message = "whether the write happened is not known: open the ledger again and send the command under the same key";
        let unknown = match committed {
            Ok(Ok(())) => {
                self.rest.cursors.clear();
                return Ok(());
            }
            Ok(Err(Failure::NotDone(error))) => {
                let message = format!("the write did not happen ({error}): send it again");
                return Err(LedgerError::caused(LedgerErrorKind::NotDone, message, error));
            }
            Ok(Err(Failure::OutcomeUnknown(error))) => {
                LedgerError::caused(LedgerErrorKind::OutcomeUnknown, message, error)
            }
            Err(_) => LedgerError::new(LedgerErrorKind::OutcomeUnknown, message),
        };
        tracing::error!(error = %unknown, "a commit failed; this handle writes no more");
        let message =
            "an earlier write's outcome is unknown, so this handle writes no more: open the ledger again";
        self.stopped = Some(LedgerError::new(LedgerErrorKind::Stopped, message));
        Err(unknown)
    }

    /// Releases a dropped hold; one that is closed already needs nothing, and its limit frees any other.
    fn release(&self, batch: &mut Batch<'_>, wallet: &WalletId, hold: HoldId) {
        let command = Ledger::close_hold(wallet.clone(), hold, Action::Release(hold));
        match self.submit(batch, &command) {
            Ok(Ok(_)) => {}
            Ok(Err(rejection)) => tracing::debug!(%hold, %rejection, "a dropped hold was closed already"),
            Err(error) => tracing::warn!(%hold, %error, "a dropped hold could not be released"),
        }
    }

    /// The answer of a durable command, whose frames these are. A hold that it opened is guarded from here on: not before,
    /// because the number of one that was not written is given to another.
    fn answer(
        &mut self,
        asked: &Asked,
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
                let alive = Alive::default();
                self.begin_run(&command.wallet, opened, &alive);
                let (inbox, wallet) = (Arc::clone(&self.inbox), command.wallet.clone());
                let guard = HoldGuard { inbox, wallet, hold: Some(opened.hold), alive: Some(alive) };
                Ok(Answered::Now(Encoded::of(place, frames), Some(Box::new(guard))))
            }
            (Done::Now(place, _), _) => Ok(Answered::Now(Encoded::of(place, frames), None)),
        }
    }
}

fn refuse(commands: impl IntoIterator<Item = Waiting>, error: &LedgerError) {
    for Waiting { asked, slot } in commands {
        slot.answer(Err(Box::new(error.of(asked.key()).into())));
    }
}
