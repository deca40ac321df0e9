//! Deciding: commands become a batch, in the order in which they came.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::billing::Bill;
use super::committer::Decided;
use super::inbox::{Asked, Waiting};
use super::ledger::Ledger;
use super::news::Refusal;
use super::overlay::{Batch, Done, Submitted};
use super::writer::Writer;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{HoldId, Key, WalletId};
use crate::domain::limits::{BATCH_BYTES, BATCH_COMMANDS_MAX};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::error::{LedgerError, LedgerErrorKind};

impl Writer {
    /// Decides a batch and sends it to the disk: everything in it, or, on an error, nothing that anybody may count on.
    /// Whoever is in `decided` then is not answered. Commands are left once what is on its way has landed: the disk need not
    /// wait for them.
    pub(super) fn commit(
        &mut self,
        commands: &mut Vec<Waiting>,
        releases: &[(WalletId, HoldId)],
        decided: &mut Decided,
    ) -> Result<(), LedgerError> {
        let sent = self.decide_and_send(commands, releases, decided);
        if sent.is_err() {
            // What is on its way may have extended holds; nothing else has.
            drop(self.land());
            self.extended(false);
        }
        sent
    }

    fn decide_and_send(
        &mut self,
        commands: &mut Vec<Waiting>,
        releases: &[(WalletId, HoldId)],
        decided: &mut Decided,
    ) -> Result<(), LedgerError> {
        let is_due = self.is_due();
        // What is due and billing are read in the file: what is on its way must be there.
        if is_due || self.inbox.has_landed() || !commands.iter().all(is_plain) {
            drop(self.land());
            self.check_stopped()?;
        }
        let (store, views, policy) = (Arc::clone(&self.store), Arc::clone(&self.views), self.policy);
        // Before the batch looks into the file: what leaves memory then is there.
        views.sweep(commands.len());
        let before = self.flight.as_ref().map(|flight| Arc::clone(&flight.sealed));
        let room = self.rooms.pop().unwrap_or_default();
        let batch = Batch::new((&store, &views, &policy), &self.position);
        let mut batch = batch.within(room).after(before).waiting_up_to(self.pace.waiting_max);
        let mut after_due = None;
        // A panic before the commit is a bug of ours that must not take the ledger with it: nothing is written.
        let deciding = catch_unwind(AssertUnwindSafe(|| {
            if is_due {
                self.extend(&mut batch);
                after_due = Some(batch.book_due(self.clock.now(), Some(&self.sale), &self.agenda));
            }
            for (wallet, hold) in releases {
                self.release(&mut batch, wallet, *hold);
            }
            self.decide_first(commands, &mut batch, decided);
        }));
        if deciding.is_err() {
            tracing::error!("a rule was broken while deciding; nothing of the batch was written");
            let message = "the write did not happen, a rule of the ledger was broken: please report it";
            return Err(LedgerError::new(LedgerErrorKind::NotDone, message));
        }
        // Once some of the agenda was worked off, it says itself what is next.
        let next_due = after_due.transpose()?.unwrap_or(self.next_due);
        let next_due = next_due.into_iter().chain(batch.next_due_at()).min();
        // What was decided after a batch that is not committed did not happen either.
        self.land().map_err(|error| self.stopped.clone().unwrap_or_else(|| not_after(error)))?;
        self.rooms.extend(batch.follow());
        self.send(batch, releases.len(), decided, next_due)
    }

    /// Decides commands, and, while the batch before is in flight, more that come. Some are left once it is durable, or once the
    /// batch is large.
    fn decide_first(&mut self, commands: &mut Vec<Waiting>, batch: &mut Batch<'_>, decided: &mut Decided) {
        while !commands.is_empty() {
            self.decide(commands.drain(..COMMANDS_AT_ONCE.min(commands.len())), batch, decided);
            if batch.bytes() >= BATCH_BYTES || self.flight.is_some() && self.inbox.has_landed() {
                return;
            }
        }
        while self.flight.is_some() && batch.bytes() < BATCH_BYTES {
            let most = BATCH_COMMANDS_MAX.saturating_sub(decided.len()).min(COMMANDS_AT_ONCE);
            let Some(more) = self.inbox.take_more(most, is_plain) else { return };
            self.decide(more, batch, decided);
        }
    }

    /// Decides some commands, all of which had come by now.
    fn decide(
        &mut self,
        commands: impl IntoIterator<Item = Waiting>,
        batch: &mut Batch<'_>,
        decided: &mut Decided,
    ) {
        let now = self.clock.now();
        for Waiting { asked, slot } in commands {
            // What cannot be read harms this command alone: nothing of it is booked.
            let submitted = match &*asked {
                Asked::Command(command) => self.submit(batch, command, now),
                Asked::Bill(bill, _) => self.bill(batch, bill, now),
            };
            decided.push((asked, slot, submitted));
        }
    }

    fn submit(
        &self,
        batch: &mut Batch<'_>,
        command: &Command,
        now: Timestamp,
    ) -> Result<Submitted, LedgerError> {
        if let Some(now) = self.clock.unconfirmed() {
            return Ok(Err(Rejection::ClockUnconfirmed { now, last: self.position.last_at }));
        }
        let submitted = batch.submit(command, now)?;
        if let Err(Rejection::InsufficientCredits { needed, available }) = &submitted
            && matches!(command.action, Action::Spend(_) | Action::Hold { .. })
        {
            let (wallet, needed, available) = (command.wallet.clone(), *needed, *available);
            self.news.refused(Refusal { wallet, needed, available, at: now });
        }
        Ok(submitted)
    }

    fn bill(&self, batch: &mut Batch<'_>, bill: &Bill, now: Timestamp) -> Result<Submitted, LedgerError> {
        if let Some(now) = self.clock.unconfirmed() {
            return Ok(Err(Rejection::ClockUnconfirmed { now, last: self.position.last_at }));
        }
        batch.bill(bill, &self.sale, now)
    }

    /// Extends the holds of work that is alive, before they lapse.
    fn extend(&mut self, batch: &mut Batch<'_>) {
        let now = self.clock.now().max(self.position.last_at);
        let due = self.runs().due(now);
        self.extending = due;
        let ((base, count), by) = (&mut self.keys, self.policy.hold_limit);
        self.extending.retain_mut(|run| {
            let (hold, key) = (run.hold, Key::generated(*base, *count));
            *count = count.saturating_add(1);
            let command =
                Command::new(run.wallet.clone(), key, Action::Extend { hold, by }, Metadata::default());
            match batch.submit(&command, now) {
                Ok(Ok(Done::Now(_, opened))) => run.to = opened.map(|opened| opened.until),
                Ok(Ok(Done::Before(_))) => return false,
                // It has ended, or been open for as long as it may be.
                Ok(Err(rejection)) => {
                    tracing::debug!(%hold, %rejection, "a hold is not extended");
                    return false;
                }
                Err(error) => tracing::warn!(%hold, %error, "a hold could not be extended"),
            }
            true
        });
    }

    /// Notes which holds have been extended, once that is durable; the others are tried again.
    pub(super) fn extended(&mut self, is_durable: bool) {
        for run in std::mem::take(&mut self.extending) {
            if let Some(until) = run.to.filter(|_| is_durable) {
                self.runs().begin(run.wallet, run.hold, until, &run.alive);
                continue;
            }
            let now = self.clock.now().max(self.position.last_at);
            self.runs().again(run, now);
        }
    }

    /// Releases a dropped hold; one that is closed already needs nothing, and its limit frees any other.
    fn release(&self, batch: &mut Batch<'_>, wallet: &WalletId, hold: HoldId) {
        let command = Ledger::close_hold(wallet.clone(), hold, Action::Release(hold));
        match self.submit(batch, &command, self.clock.now()) {
            Ok(Ok(_)) => {}
            Ok(Err(rejection)) => tracing::debug!(%hold, %rejection, "a dropped hold was closed already"),
            Err(error) => tracing::warn!(%hold, %error, "a dropped hold could not be released"),
        }
    }
}

/// How many commands are decided before it is looked what time it is, and whether what is on its way has landed.
const COMMANDS_AT_ONCE: usize = 32;

/// Whether it can be decided while something is on its way to the disk.
fn is_plain(waiting: &Waiting) -> bool {
    matches!(*waiting.asked, Asked::Command(_))
}

fn not_after(error: LedgerError) -> LedgerError {
    let message = "the write did not happen, because one before it did not: send it again";
    LedgerError::caused(LedgerErrorKind::NotDone, message, error)
}
