//! A lane: takes requests, decides them over records that it has locked, writes them in one transaction, and replies.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::attempt::{Attempted, Decided, READ_MIN, Unsettled};
use super::database::{CLOSES_WITHIN, Database};
use super::driver::wait_for;
use super::failure::DatabaseFailure;
use super::fetched::Wants;
use super::lease::Lease;
use super::names::RowName;
use super::session::Session;
use crate::domain::billing::sale::Sale;
use crate::domain::catalogue::CatalogueData;
use crate::domain::command::Action;
use crate::domain::fact::Scope;
use crate::domain::fingerprint::key_row;
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::failed_due::FailedDue;
use crate::engine::clock::{Clock as _, LedgerClock, SystemClock};
use crate::engine::request::inbox::{DueCaller, Inbox, Request, TakenWork, Waiting, Work};
use crate::engine::tuning::WaitingMax;
use crate::engine::writer::decider::{DecidedRequest, rule_broken};
use crate::engine::writer::renewals::Renewals;
use crate::engine::writer::replies::{Replies, refuse};
use crate::engine::writer::writer::Abandoning;
use crate::error::{LedgerError, LedgerErrorKind};

/// The first and the longest pause between two attempts at a batch.
const PAUSE_FIRST: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Attempts that only fetch more records. A batch needs as many as its records refer to each other, plus one.
const FETCHES_MAX: usize = 256;
/// Attempts that the constraints of the tables refuse. One or two are other programs'; more are a broken rule.
const CONFLICTS_MAX: usize = 10;
/// Time after a batch was given up in which requests whose time is over are given up as well.
const AWAY_FOR: Duration = Duration::from_secs(1);
/// How often due work is looked for.
const DUE_EVERY: Duration = Duration::from_secs(1);

/// A thread that writes one lane.
pub(super) struct WriteLane {
    pub(super) inbox: Arc<Inbox>,
    pub(super) database: Arc<Database>,
    pub(super) clock: Arc<LedgerClock>,
    pub(super) policy: Policy,
    pub(super) sale: Arc<Sale>,
    pub(super) waiting_max: WaitingMax,
    pub(super) replies: Replies,
    pub(super) renewals: Renewals,
    pub(super) failed_due: FailedDue,
    /// The error of a record with due work that could not be read.
    pub(super) unreadable_due: Option<LedgerError>,
    /// Whether it looks for due work; one lane of a program does.
    pub(super) books_due: bool,
    /// The reading of the monotonic clock by which the batch is answered.
    pub(super) answer_by: Duration,
    /// The reading at which a batch was given up because the database was away, until one is written.
    pub(super) away_at: Option<Duration>,
    pub(super) session: Option<Session>,
    pub(super) lease: Option<Lease>,
    /// A batch whose commit was not answered.
    pub(super) unsettled: Option<Unsettled>,
    /// The batches of its lane, as of the last one that was answered.
    pub(super) answered: Option<(i32, i64)>,
}

/// The work of one batch.
pub(super) struct LaneWork<'a> {
    pub(super) requests: &'a [Waiting],
    pub(super) releases: &'a [(WalletId, HoldId)],
    /// Whether due work is booked, without requests.
    pub(super) is_due: bool,
    /// Holds of work in progress that are extended, without requests.
    pub(super) extends: usize,
    /// The terms to declare, without requests.
    pub(super) declares: Option<&'a CatalogueData>,
}

/// The result of a batch.
enum Finished {
    Done(Box<Decided>),
    /// Nothing was written, for this reason.
    Failed(LedgerError),
    /// Nothing was written because of one of its requests: each is to be sent alone.
    Refused(LedgerError),
}

impl WriteLane {
    /// Runs until the inbox is closed and empty.
    pub(super) fn run(mut self) {
        let _abandoning = Abandoning(Arc::clone(&self.inbox));
        let mut due_at = Duration::ZERO;
        loop {
            match self.inbox.take(self.wait(due_at)) {
                TakenWork::Work(work) => self.work(work),
                TakenWork::TimedOut => {}
                TakenWork::Closed => break,
            }
            let now = SystemClock.monotonic();
            if self.was_away() {
                // The requests that wait are refused first.
                due_at = due_at.max(now.saturating_add(AWAY_FOR));
            }
            if self.books_due && self.clock.wait_until(Timestamp::MIN).is_some() && due_at <= now {
                if let Err(error) = self.book_due() {
                    tracing::error!(%error, "something that is due could not be booked; it is retried");
                }
                due_at = now.saturating_add(DUE_EVERY);
            }
            self.extend();
        }
        if let (Some(session), Some(lease)) = (&self.session, self.lease) {
            // Otherwise the lane is free when its time is over.
            _ = wait_for(CLOSES_WITHIN, lease.give_up(session));
        }
    }

    /// The time until due work is looked for, or a hold is extended.
    fn wait(&self, due_at: Duration) -> Option<Duration> {
        let renewal = self.renewals.next_due_at().and_then(|due| self.clock.wait_until(due));
        let is_ticking = self.clock.wait_until(Timestamp::MIN).is_some();
        let due = (self.books_due && is_ticking).then(|| due_at.saturating_sub(SystemClock.monotonic()));
        renewal.into_iter().chain(due).min()
    }

    fn work(&mut self, Work { commands, releases, due_booked }: Work) {
        // Where time does not pass by itself, due work is booked with the next write.
        if self.clock.wait_until(Timestamp::MIN).is_none()
            && let Err(error) = self.book_due()
        {
            tracing::error!(%error, "something that is due could not be booked; it is retried");
        }
        self.extend();
        if !commands.is_empty() || !releases.is_empty() {
            self.batch(commands, &releases);
        }
        if !due_booked.is_empty() {
            self.failed_due.retry_now();
            let booked = self.book_due();
            send(due_booked, &booked);
        }
    }

    /// Writes one batch, and replies. A request that the database or a broken rule refuses is answered alone. While the
    /// database is away, each request is refused when its time is over.
    fn batch(&mut self, requests: Vec<Waiting>, releases: &[(WalletId, HoldId)]) {
        let (mut requests, mut releases) = (self.still_in_time(requests), releases);
        while !requests.is_empty() || !releases.is_empty() {
            let work = LaneWork { requests: &requests, releases, is_due: false, declares: None, extends: 0 };
            let oldest = requests.iter().map(|it| it.since).min();
            match self.finish(&work, oldest.unwrap_or_else(|| SystemClock.monotonic())) {
                Finished::Done(decided) => return self.reply(requests, releases.len(), *decided),
                Finished::Failed(error) => {
                    // Requests with some time left are attempted again, unless this attempt may have written them.
                    let is_unknown = error.kind() == LedgerErrorKind::OutcomeUnknown;
                    let soon = PAUSE_MAX.min(self.database.answer_within / 4);
                    let soon = SystemClock.monotonic().saturating_add(soon);
                    let is_over = |it: &Waiting| is_unknown || self.answer_by(it) <= soon;
                    let (over, left): (Vec<_>, Vec<_>) = requests.into_iter().partition(is_over);
                    refuse(over, &error);
                    // Otherwise the credits would stay held until the limits of their holds.
                    for (wallet, hold) in releases {
                        self.inbox.release(wallet.clone(), *hold);
                    }
                    if left.is_empty() && !releases.is_empty() && self.database.is_closing() {
                        // They are taken again at once.
                        std::thread::park_timeout(PAUSE_MAX);
                    }
                    (requests, releases) = (left, &[]);
                }
                Finished::Refused(error) if requests.len().saturating_add(releases.len()) <= 1 => {
                    for (_, hold) in releases {
                        tracing::warn!(%hold, %error, "a dropped hold could not be released; it lapses at its limit");
                    }
                    return refuse(requests, &error);
                }
                Finished::Refused(_) => return self.each_alone(requests, releases),
            }
        }
    }

    /// Writes each release and each request in a batch by itself.
    fn each_alone(&mut self, requests: Vec<Waiting>, releases: &[(WalletId, HoldId)]) {
        for release in releases {
            if self.was_away() {
                self.inbox.release(release.0.clone(), release.1);
            } else {
                self.batch(Vec::new(), std::slice::from_ref(release));
            }
        }
        for request in requests {
            self.batch(vec![request], &[]);
        }
    }

    /// The reading of the monotonic clock by which a request is answered.
    fn answer_by(&self, request: &Waiting) -> Duration {
        request.since.saturating_add(self.database.answer_within)
    }

    /// Whether the database was away a moment ago.
    fn was_away(&self) -> bool {
        let now = SystemClock.monotonic();
        self.away_at.is_some_and(|at| now.saturating_sub(at) < AWAY_FOR)
    }

    /// Refuses requests whose time was over while the database was away, and returns the others: a queue of them is not
    /// attempted one batch after another.
    fn still_in_time(&self, requests: Vec<Waiting>) -> Vec<Waiting> {
        if !self.was_away() {
            return requests;
        }
        let now = SystemClock.monotonic();
        let (over, left): (Vec<_>, _) = requests.into_iter().partition(|it| self.answer_by(it) <= now);
        if !over.is_empty() {
            refuse(over, &not_done(DatabaseFailure::Away));
        }
        left
    }

    /// Extends holds of work in progress before they lapse, in batches without requests: one that cannot be extended is put
    /// off, and harms neither the others nor any request.
    fn extend(&mut self) {
        let is_due = |lane: &Self| lane.renewals.next_due_at().is_some_and(|due| due <= lane.clock.now());
        if !is_due(self) || self.clock.unconfirmed().is_some() {
            return;
        }
        let work =
            |extends| LaneWork { requests: &[], releases: &[], is_due: false, declares: None, extends };
        match self.finish_now(&work(usize::MAX)) {
            Finished::Done(_) => {}
            Finished::Failed(_) => self.renewals.put_off(self.clock.now(), usize::MAX),
            Finished::Refused(_) => {
                while is_due(self) {
                    if let Finished::Failed(error) | Finished::Refused(error) = self.finish_now(&work(1)) {
                        tracing::warn!(%error, "a hold could not be extended");
                        self.renewals.put_off(self.clock.now(), 1);
                    }
                }
            }
        }
    }

    fn reply(&mut self, requests: Vec<Waiting>, releases: usize, decided: Decided) {
        let Decided { verdicts, frames, .. } = decided;
        let verdicts = verdicts.into_iter().map(Ok);
        let decided = requests.into_iter().zip(verdicts);
        let decided: Vec<_> = decided
            .map(|(Waiting { request, slot, .. }, verdict)| DecidedRequest { request, slot, verdict })
            .collect();
        let now = self.clock.now();
        self.replies.send(decided, releases, &frames, &mut self.renewals, now);
    }

    /// Books all due work; fails with the first error.
    fn book_due(&mut self) -> Result<(), LedgerError> {
        if self.clock.unconfirmed().is_some() {
            return Ok(());
        }
        let mut first = None;
        loop {
            let work = LaneWork { requests: &[], releases: &[], is_due: true, declares: None, extends: 0 };
            let failed = self.failed_due.len();
            match self.finish_now(&work) {
                Finished::Done(decided) => {
                    first = first.or(decided.due_failed);
                    if !decided.has_more_due {
                        return first.map_or(Ok(()), Err);
                    }
                }
                // The record at fault is passed over from now on.
                Finished::Refused(error) if self.failed_due.len() > failed => first = first.or(Some(error)),
                Finished::Failed(error) | Finished::Refused(error) => return Err(error),
            }
        }
    }

    /// Declares a catalogue, unless one with equal terms is declared; returns its number.
    pub(super) fn declare(&mut self, terms: &CatalogueData) -> Result<u32, LedgerError> {
        let work =
            LaneWork { requests: &[], releases: &[], is_due: false, declares: Some(terms), extends: 0 };
        match self.finish_now(&work) {
            Finished::Done(decided) => Ok(decided.catalogue),
            Finished::Failed(error) | Finished::Refused(error) => Err(error),
        }
    }

    /// The records that a batch is known to need.
    fn wants(&self, work: &LaneWork<'_>) -> Wants {
        let mut wants = Wants::of(work);
        for (wallet, key) in self.renewals.due(self.clock.now(), work.extends) {
            wants.wallets.insert(wallet.clone());
            let row = key_row(&Scope::Wallet(wallet.clone()), key.as_str());
            wants.keys.insert((wallet.owner.clone(), row));
        }
        wants
    }

    /// Finishes a batch that begins now.
    fn finish_now(&mut self, work: &LaneWork<'_>) -> Finished {
        self.finish(work, SystemClock.monotonic())
    }

    /// Attempts a batch until it is written, the database refuses it, or the time of its earliest request is over.
    fn finish(&mut self, work: &LaneWork<'_>, since: Duration) -> Finished {
        let began = SystemClock.monotonic();
        let answer_within = self.database.answer_within;
        let at_least = began.saturating_add(answer_within.min(READ_MIN));
        self.answer_by = since.saturating_add(answer_within).max(at_least);
        let (mut wants, mut pause, mut fetches, mut conflicts) = (self.wants(work), PAUSE_FIRST, 0, 0);
        let mut known = None;
        loop {
            let attempted = catch_unwind(AssertUnwindSafe(|| self.attempt(work, &wants, known.take())));
            let failure = match attempted {
                Ok(Ok(Attempted::Written(decided))) => {
                    self.renewals.finish(true, self.clock.now());
                    self.failed_due.finish();
                    (self.unreadable_due, self.away_at) = (None, None);
                    self.count(&decided, began);
                    return Finished::Done(decided);
                }
                Ok(Ok(Attempted::Lacks(lacking))) => {
                    let (missing, fetched) = *lacking;
                    self.renewals.undo();
                    fetches += 1;
                    if fetches > FETCHES_MAX {
                        return Finished::Refused(LedgerError::damaged(
                            "its records refer to each other without end",
                        ));
                    }
                    wants.extend(missing);
                    known = Some(fetched);
                    continue;
                }
                Ok(Err(failure)) => failure,
                Err(_) => {
                    self.renewals.undo();
                    // The transaction ends with the connection.
                    (self.session, self.unsettled) = (None, None);
                    tracing::error!("a rule was broken while deciding; nothing of the batch was written");
                    return Finished::Refused(rule_broken());
                }
            };
            if failure.is_of_connection() {
                self.session = None;
            }
            if matches!(failure, DatabaseFailure::NotOwnSession) {
                self.database.share_sessions();
            }
            let is_over = SystemClock.monotonic()
                >= if work.requests.is_empty() {
                    self.database.unless_closing(self.answer_by, began)
                } else {
                    self.answer_by
                };
            conflicts += usize::from(failure.is_conflict());
            if !failure.is_transient() || is_over || conflicts > CONFLICTS_MAX {
                self.renewals.undo();
                if matches!(failure, DatabaseFailure::Lost(_) | DatabaseFailure::Away) {
                    self.away_at = Some(SystemClock.monotonic());
                }
                let is_unknown = self.unsettled.take().is_some();
                if is_unknown {
                    let message = "the database did not answer whether the write was committed: send it again under the same key";
                    return Finished::Failed(LedgerError::new(LedgerErrorKind::OutcomeUnknown, message));
                }
                let is_transient = failure.is_transient() && !failure.is_conflict();
                let error = not_done(failure);
                return if is_transient { Finished::Failed(error) } else { Finished::Refused(error) };
            }
            self.renewals.undo();
            tracing::debug!(?failure, "a batch is sent again");
            self.database.counts.retries.fetch_add(1, Ordering::Relaxed);
            std::thread::park_timeout(pause);
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
    }

    fn count(&self, decided: &Decided, began: Duration) {
        if !decided.frames.is_empty() {
            let took = SystemClock.monotonic().saturating_sub(began);
            let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            self.replies.counts.commits.fetch_add(1, Ordering::Relaxed);
            self.replies.counts.commit_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }

    /// The reason why nothing is decided, if the clock is to be confirmed first.
    pub(super) fn unconfirmed(&self, last: Timestamp) -> Option<Rejection> {
        let now = self.clock.unconfirmed()?;
        Some(Rejection::ClockUnconfirmed { now, last })
    }
}

/// The error of a batch that was not written.
fn not_done(failure: DatabaseFailure) -> LedgerError {
    let error = failure.into_error("the write did not happen");
    let message = error.to_string();
    LedgerError::caused(LedgerErrorKind::NotDone, message, error)
}

fn send(callers: Vec<DueCaller>, result: &Result<(), LedgerError>) {
    for caller in callers {
        // The caller may have stopped waiting.
        _ = caller.send(result.clone());
    }
}

impl Wants {
    /// The records that requests name.
    fn of(work: &LaneWork<'_>) -> Self {
        let mut wants = Self::default();
        wants.records.extend(work.declares.map(|_| RowName::catalogues()));
        let mut queue: VecDeque<&WalletId> = work.releases.iter().map(|(wallet, _)| wallet).collect();
        for Waiting { request, .. } in work.requests {
            let Request::Command(command) = &**request else { continue };
            queue.push_back(&command.wallet);
            match &command.action {
                Action::Settle { .. } | Action::Release(_) => {}
                Action::Transfer(transfer) => {
                    queue.push_back(&transfer.to);
                    wants.keys.insert((command.wallet.owner.clone(), command.row));
                }
                _ => _ = wants.keys.insert((command.wallet.owner.clone(), command.row)),
            }
        }
        wants.wallets.extend(queue.into_iter().cloned());
        wants
    }
}
