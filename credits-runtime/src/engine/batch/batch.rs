//! The batch: the changes of its commands, which its later commands read.
//!
//! It knows neither clocks nor stores: it reads records from a source, and a commit writes the sealed batch.

use std::collections::HashMap;
use std::sync::Arc;

use super::failed_due::FailedDue;
use super::frames::{FrameRange, Frames};
use super::header::FrameHeader;
use super::sealed::SealedBatch;
use super::source::{DueRecord, Source};
use super::state::{LoadedBilling, LoadedObject, LoadedWallet, LoadedWallets};
use super::waiting::LoadedRoom;
use crate::domain::activity::Day;
use crate::domain::billing::sale::Sale;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::catalogue::CatalogueData;
use crate::domain::command::{Action, Command};
use crate::domain::declarations::Catalogues;
use crate::domain::fact::{Fact, Frame, Kind, RecordId, Scope};
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::hold::Purpose;
use crate::domain::ids::{FactNumber, HoldId, Key, ObjectId, Owner, WalletId};
use crate::domain::limits::MILESTONE_FACTS;
use crate::domain::numbers::Numbers;
use crate::domain::policy::Policy;
use crate::domain::record::{Applied, Record};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::{Decision, Prior, Wallet, Wallets, decide};
use crate::engine::journal::block::{Block, Head, Tail};
use crate::engine::keys::{Used, UsedKeys, key_rows, other_rows};
use crate::engine::rows::{Milestone, Scheduled, WalletRow};
use crate::engine::tuning::WaitingMax;
use crate::engine::tuning::{BATCH_BYTES, DUE_RECORDS_MAX};
use crate::engine::wallets::milestones::MilestonesByWallet;

/// The end of the journal between two batches.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    /// The numbers of the next facts.
    pub(crate) next: Numbers,
    /// The blocks at its end; `None` where frames are not kept in blocks.
    pub(crate) tail: Option<Tail>,
    pub(crate) last_at: Timestamp,
    pub(crate) totals: Arc<Totals>,
}

impl Position {
    /// The position of an empty journal.
    pub(crate) fn start() -> Self {
        Self::start_at(FactNumber::FIRST)
    }

    /// The position of an empty journal whose first fact has this number.
    pub(crate) fn start_at(first: FactNumber) -> Self {
        let block = Arc::new(Block::after(Head::default(), first));
        let (next, totals) = (Numbers::from(first), Arc::default());
        Self { next, tail: Some(Tail::new(block)), last_at: Timestamp::MIN, totals }
    }

    /// Drops the activity of days before this one, whose rows are complete.
    pub(crate) fn drop_days_before(&mut self, day: Day) {
        if self.totals.days.0.first_key_value().is_some_and(|(first, _)| *first < day) {
            Arc::make_mut(&mut self.totals).days.drop_before(day);
        }
    }
}

/// The changes of one batch so far.
pub(crate) struct Batch<'a, S> {
    pub(super) source: S,
    pub(super) policy: &'a Policy,
    /// The batch's first fact.
    pub(super) began: FactNumber,
    pub(super) position: Position,
    pub(super) wallets: LoadedWallets,
    /// The keys used by the batch.
    pub(super) keys: UsedKeys,
    pub(super) frames: Frames,
    pub(super) billings: HashMap<Owner, LoadedBilling>,
    pub(super) objects: HashMap<ObjectId, LoadedObject>,
    pub(super) waiting: Option<Box<LoadedRoom>>,
    pub(super) waiting_max: WaitingMax,
    catalogues: Option<Catalogues>,
    milestones: MilestonesByWallet,
    /// The chosen key of the hold that the current command settles, and the key's hash.
    pub(super) chosen: Option<(Key, Hash128)>,
    /// The record whose due work is being booked.
    booking: Option<Scheduled>,
}

/// The outcome of a command that is not rejected.
#[derive(Clone, Debug)]
pub(crate) enum Submitted {
    /// The frame of its facts in the batch, and the hold that it opened or extended.
    Booked(FrameRange, Option<OpenedHold>),
    /// The earlier frame of the same command.
    Replayed(Booked),
}

/// The outcome of booking due work.
pub(crate) struct DueBooked<E> {
    /// The earliest due instant of the records that were neither booked nor passed over; it may be early.
    pub(crate) next: Option<Timestamp>,
    /// The first error of a record.
    pub(crate) failed: Option<E>,
    /// Whether a record failed after some of its facts were booked. The batch must be dropped.
    pub(crate) is_torn: bool,
}

/// The outcome of a command.
pub(crate) type Verdict = Result<Submitted, Rejection>;

/// A hold that a command opened or extended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenedHold {
    pub(crate) hold: HoldId,
    pub(crate) purpose: Purpose,
    pub(crate) until: Timestamp,
}

impl<'a, S: Source> Batch<'a, S> {
    /// An empty batch that continues the journal at this position.
    pub(crate) fn new(source: S, policy: &'a Policy, position: &Position) -> Self {
        Self {
            source,
            policy,
            began: position.next.first(),
            position: position.clone(),
            wallets: LoadedWallets::default(),
            keys: UsedKeys::default(),
            frames: Frames::default(),
            billings: HashMap::new(),
            objects: HashMap::new(),
            waiting: None,
            waiting_max: WaitingMax::DEFAULT,
            catalogues: None,
            milestones: MilestonesByWallet::default(),
            chosen: None,
            booking: None,
        }
    }

    /// Sets the limits of waiting events.
    pub(crate) fn waiting_up_to(self, waiting_max: WaitingMax) -> Self {
        Self { waiting_max, ..self }
    }

    /// Whether nothing is to be committed.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
            && self.wallets.changed().next().is_none()
            && self.billings.values().all(|loaded| !loaded.is_changed)
    }

    /// The number of frames that the batch has booked.
    pub(crate) fn booked(&self) -> usize {
        self.frames.count()
    }

    /// Whether the batch takes no more commands.
    pub(crate) fn is_full(&self) -> bool {
        self.frames.len() >= BATCH_BYTES
    }

    /// Decides a command, and books its facts unless it is rejected or replayed.
    pub(crate) fn submit(&mut self, command: &Command, clock: Timestamp) -> Result<Verdict, S::Error> {
        let now = self.position.last_at.max(clock);
        self.chosen = None;
        self.load(&command.wallet)?;
        let prior = self.prior(command, now)?;
        let other = self.other(command, &prior)?;
        let wallets = Wallets {
            own: self.wallet(&command.wallet),
            other: other.as_ref().map(|id| (id, self.wallet(id))),
        };
        match decide(wallets, command, &prior, self.policy, (self.position.next, now)) {
            Err(rejection) => Ok(Err(rejection)),
            Ok(Decision::Replay(frame)) => Ok(Ok(Submitted::Replayed(frame))),
            Ok(Decision::Facts(bodies)) => {
                let opened = bodies.iter().enumerate().find_map(|(place, body)| match body {
                    Body::Held(held) => {
                        let hold = HoldId(self.position.next.at(place));
                        Some(OpenedHold { hold, purpose: held.purpose, until: held.until })
                    }
                    Body::Extended { hold, until } => {
                        Some(OpenedHold { hold: *hold, purpose: Purpose::Run, until: *until })
                    }
                    _ => None,
                });
                let own = || RecordId::Wallet(command.wallet.clone());
                let facts = bodies.into_iter().map(|body| (own(), body));
                Ok(Ok(Submitted::Booked(self.book(FrameHeader::of(command), facts, now), opened)))
            }
            Ok(Decision::FactsOfTwoWallets(facts)) => {
                let facts = facts.into_iter().map(|(wallet, body)| (RecordId::Wallet(wallet), body));
                Ok(Ok(Submitted::Booked(self.book(FrameHeader::of(command), facts, now), None)))
            }
        }
    }

    /// Books the due work of up to [`DUE_RECORDS_MAX`] records, and leaves room for commands. Records that failed are
    /// passed over until their pause is over, and those that fail now are added to them.
    pub(crate) fn book_due(
        &mut self,
        clock: Timestamp,
        sale: &Sale,
        failed: &mut FailedDue,
    ) -> Result<DueBooked<S::Error>, S::Error> {
        let now = self.position.last_at.max(clock);
        failed.begin(now);
        let mut records = self.source.due(DUE_RECORDS_MAX.saturating_add(1).saturating_add(failed.len()))?;
        records.retain(|due| !failed.has(&due.record));
        let is_due = |record: &&DueRecord| record.at <= now;
        let count = records.iter().take(DUE_RECORDS_MAX).take_while(is_due).count();
        let next = records.get(count).map(|record| record.at);
        let mut booked = DueBooked { next, failed: None, is_torn: false };
        records.truncate(count);
        // Entries may be early: sort the records by the instants that their wallets have.
        for due in &mut records {
            if let Scheduled::Wallet(id) = &due.record
                && self.load(id).is_ok()
            {
                due.at = self.wallet(id).next_due_at().unwrap_or(due.at);
            }
        }
        records.sort_unstable();
        for DueRecord { at, record, is_filed } in records {
            if self.frames.len() >= BATCH_BYTES / 2 {
                booked.next = booked.next.into_iter().chain([at]).min();
                break;
            }
            let before = self.booked();
            self.booking = Some(record.clone());
            let one = match &record {
                Scheduled::Wallet(id) => self.book_due_of(id, is_filed, now),
                Scheduled::Billing(owner) => self.fulfil(owner, sale, now),
            };
            self.booking = None;
            if let Err(error) = one {
                failed.add(record, now);
                booked.failed = booked.failed.or(Some(error));
                booked.is_torn = self.booked() > before;
                if booked.is_torn {
                    break;
                }
            }
        }
        Ok(booked)
    }

    /// The record whose due work was being booked when a panic ended it.
    pub(crate) fn interrupted(&self) -> Option<&Scheduled> {
        self.booking.as_ref()
    }

    fn book_due_of(&mut self, id: &WalletId, is_filed: bool, now: Timestamp) -> Result<(), S::Error> {
        self.load(id)?;
        let due = self.wallet(id).due(self.position.next, now);
        if !due.is_empty() {
            let facts = due.into_iter().map(|body| (RecordId::Wallet(id.clone()), body));
            self.book(FrameHeader::internal(Kind::BookDue), facts, now);
        }
        let loaded = self.loaded(id);
        loaded.is_changed = true;
        loaded.is_refiled |= is_filed;
        Ok(())
    }

    /// The earliest due instant of the records that this batch changed.
    pub(crate) fn next_due_at(&self) -> Option<Timestamp> {
        let wallets = self.wallets.changed().filter_map(|(_, loaded)| loaded.wallet.next_due_at());
        let billings = self.billings.values().filter(|loaded| loaded.is_changed);
        wallets.chain(billings.filter_map(|loaded| loaded.filing.due)).min()
    }

    /// Loads the second wallet of a transfer or a reversal; returns its id.
    fn other(&mut self, command: &Command, prior: &Prior) -> Result<Option<WalletId>, S::Error> {
        let other = match &command.action {
            Action::Transfer(transfer) => Some(transfer.to.clone()),
            Action::Reverse { .. } => prior.opened_by.as_ref().and_then(|booked| {
                booked.facts.iter().find_map(|fact| match &fact.body {
                    Body::Sent { to, .. } => Some(to.clone()),
                    _ => None,
                })
            }),
            _ => None,
        };
        if let Some(id) = &other {
            self.load(id)?;
        }
        Ok(other)
    }

    /// Declares a catalogue, unless one with equal terms is declared; returns its number.
    pub(crate) fn declare(
        &mut self,
        catalogues: &mut Catalogues,
        terms: &CatalogueData,
        clock: Timestamp,
    ) -> u32 {
        if let Some(number) = catalogues.number_of(&terms.terms_fingerprint()) {
            return number;
        }
        let (number, fact) = catalogues.declaration(terms);
        catalogues.apply(self.position.next.first(), &fact);
        self.push(&Frame {
            kind: Kind::Declare,
            scope: Scope::Ledger,
            key: Key::none(),
            fingerprint: Hash64::default(),
            at: self.position.last_at.max(clock),
            facts: vec![fact],
        });
        self.catalogues = Some(catalogues.clone());
        number
    }

    /// Replays a committed frame: applies its facts to records whose rows lack them.
    pub(crate) fn replay(&mut self, booked: &Booked) -> Result<(), S::Error> {
        for (number, fact) in booked.numbered() {
            match &fact.record {
                RecordId::Catalogues => {}
                RecordId::Wallet(id) => self.load(id)?,
                RecordId::Billing(owner) => self.load_billing(owner)?,
                RecordId::Object(id) => self.load_object(id)?,
                RecordId::WaitingRoom => self.load_replayed_room(number, fact)?,
            }
            self.apply(number, booked.at, fact);
            self.add_to_totals(number, fact, booked.at);
        }
        Ok(())
    }

    /// Adds a frame of another journal as it is, with its numbers. It continues this batch's journal.
    #[cfg(feature = "postgres")]
    pub(crate) fn adopt(&mut self, booked: &Booked, catalogues: &mut Catalogues) -> Result<(), S::Error> {
        self.replay(booked)?;
        for (number, fact) in booked.numbered().filter(|(_, fact)| fact.record == RecordId::Catalogues) {
            catalogues.apply(number, fact);
            self.catalogues = Some(catalogues.clone());
        }
        self.push(booked);
        Ok(())
    }

    /// Appends a frame of the log to the journal, and replays its facts.
    pub(crate) fn append(&mut self, booked: &Booked, bytes: &[u8]) -> Result<(), S::Error> {
        if let Some(tail) = &mut self.position.tail {
            tail.push(booked.first(), bytes);
        }
        self.position.next = Numbers::from(booked.next());
        self.position.last_at = booked.at;
        self.replay(booked)
    }

    /// Schedules replayed billing as due now: facts alone do not determine its next due instant.
    pub(crate) fn refile_billing(&mut self) {
        let now = self.position.last_at;
        for loaded in self.billings.values_mut().filter(|loaded| loaded.is_changed) {
            loaded.filing.due = Some(now);
            loaded.filing.needs_attention = !loaded.billing.listed.is_empty();
        }
    }

    /// The last frame that was booked.
    pub(super) fn last_frame(&self) -> Option<FrameRange> {
        self.frames.last()
    }

    /// Seals the batch.
    pub(crate) fn sealed(self) -> SealedBatch {
        let Self { began, position, wallets, keys, frames, billings, objects, .. } = self;
        SealedBatch {
            began,
            position,
            wallets,
            keys,
            frames: Arc::new(frames.into_bytes()),
            billings,
            objects,
            waiting: self.waiting,
            catalogues: self.catalogues,
            milestones: self.milestones,
        }
    }

    /// Books facts as one frame.
    pub(super) fn book(
        &mut self,
        header: FrameHeader,
        bodies: impl IntoIterator<Item = (RecordId, Body)>,
        at: Timestamp,
    ) -> FrameRange {
        let numbers = self.position.next;
        let mut facts = Vec::new();
        for (place, (record, body)) in bodies.into_iter().enumerate() {
            let Applied { last_fact, facts: count } = self.applied(&record);
            let (previous, ordinal) = (*last_fact, count.saturating_add(1));
            let fact = Fact { record, previous, ordinal, body };
            let number = numbers.at(place);
            self.apply(number, at, &fact);
            self.add_to_totals(number, &fact, at);
            facts.push(fact);
        }
        let row = header.row;
        let frame = header.frame(at, facts);
        let used = Used { frame: numbers.first(), lapses: frame.kind.key_lapses() };
        let chosen = self.chosen.take();
        let rows = other_rows(&frame, chosen.as_ref()).map(|(hash, _)| hash).chain(row);
        self.keys.extend(rows.map(|hash| (hash, used)));
        self.push(&frame)
    }

    fn add_to_totals(&mut self, number: FactNumber, fact: &Fact, at: Timestamp) {
        Arc::make_mut(&mut self.position.totals).apply(number, fact, at);
    }

    /// Adds the keys that a committed frame uses.
    pub(crate) fn use_keys(&mut self, booked: &Booked) {
        let used = Used { frame: booked.first(), lapses: booked.kind.key_lapses() };
        self.keys.extend(key_rows(booked).map(|(hash, _)| (hash, used)));
    }

    /// The facts that a record has.
    fn applied(&mut self, record: &RecordId) -> Applied<'_> {
        match record {
            RecordId::Catalogues => panic!("catalogues are declared, not booked"),
            RecordId::Wallet(id) => self.loaded(id).wallet.applied(),
            RecordId::Billing(owner) => self.loaded_billing(owner).billing.applied(),
            RecordId::Object(id) => self.loaded_object(id).object.applied(),
            RecordId::WaitingRoom => self.room_mut().room.applied(),
        }
    }

    /// A wallet that was loaded.
    pub(crate) fn wallet(&self, id: &WalletId) -> &Wallet {
        match self.wallets.get(id) {
            Some(loaded) => &loaded.wallet,
            None => panic!("a wallet is used that was not loaded"),
        }
    }

    fn loaded(&mut self, id: &WalletId) -> &mut LoadedWallet {
        match self.wallets.get_mut(id) {
            Some(loaded) => loaded,
            None => panic!("a wallet is changed that was not loaded"),
        }
    }

    fn apply(&mut self, number: FactNumber, at: Timestamp, fact: &Fact) {
        match &fact.record {
            RecordId::Catalogues => {}
            RecordId::Wallet(id) => {
                let loaded = self.loaded(id);
                // A row that has a replayed fact was written with the fact's milestone.
                let is_new = loaded.wallet.apply(number, fact);
                loaded.is_changed = true;
                if is_new && fact.ordinal.is_multiple_of(MILESTONE_FACTS) {
                    let (effective_at, balance) = (fact.body.effective_at(at), loaded.wallet.balance);
                    let milestone = Milestone { fact: number, effective_at, balance };
                    self.milestones.entry(id.clone()).or_default().push((fact.ordinal, milestone));
                }
            }
            RecordId::Billing(owner) => {
                let loaded = self.loaded_billing(owner);
                loaded.is_changed |= loaded.billing.apply(number, fact);
            }
            RecordId::Object(id) => {
                let loaded = self.loaded_object(id);
                loaded.is_changed |= loaded.object.apply(number, fact);
            }
            RecordId::WaitingRoom => self.room_mut().apply(number, fact),
        }
    }

    fn push(&mut self, frame: &Frame) -> FrameRange {
        let numbers = self.position.next;
        let range = self.frames.push(numbers, frame);
        if let Some(tail) = &mut self.position.tail {
            tail.push(numbers.first(), self.frames.bytes(&range));
        }
        self.position.next = numbers.after(frame.facts.len());
        self.position.last_at = frame.at;
        range
    }

    /// Loads a wallet, unless it is loaded.
    pub(super) fn load(&mut self, id: &WalletId) -> Result<(), S::Error> {
        if !self.wallets.find(id) {
            let WalletRow { wallet, filed } = self.source.wallet(id)?;
            let due_before = wallet.next_due_at();
            let is_new = wallet.facts == 0;
            let loaded =
                LoadedWallet { wallet, is_changed: false, is_new, filed, due_before, is_refiled: false };
            self.wallets.insert(id.clone(), loaded);
        }
        Ok(())
    }
}

#[cfg(feature = "testing")]
mod checks {
    use std::collections::HashMap;

    use super::{Batch, Booked, Submitted};
    use crate::domain::audit::Audit;
    use crate::domain::fact::RecordId;
    use crate::domain::ids::WalletId;
    use crate::domain::time::Timestamp;
    use crate::engine::batch::source::Source;
    use crate::error::LedgerError;

    impl<S: Source> Batch<'_, S> {
        /// The frame of a command's outcome.
        pub(crate) fn frame_of(&self, submitted: Submitted) -> Result<Booked, LedgerError> {
            match submitted {
                Submitted::Replayed(frame) => Ok(frame),
                Submitted::Booked(range, _) => {
                    self.frames.frame(range.numbers.first())?.ok_or_else(LedgerError::closed)
                }
            }
        }

        /// Adds every fact of the batch to these audits, and compares them with its wallets.
        pub(crate) fn audit(
            &self,
            mut audits: HashMap<WalletId, Audit>,
            now: Timestamp,
        ) -> Result<HashMap<WalletId, Audit>, String> {
            let mut next = self.began;
            while next < self.position.next.first() {
                let frame = self.frames.frame(next).map_err(|error| error.to_string())?;
                let booked = frame.ok_or_else(|| format!("fact {next} is missing"))?;
                next = booked.next();
                for (number, fact) in booked.numbered() {
                    if let RecordId::Wallet(id) = &fact.record {
                        audits.entry(id.clone()).or_default().add(number, fact)?;
                    }
                }
            }
            for (id, loaded) in self.wallets.changed() {
                let (audit, wallet) = (audits.entry(id.clone()).or_default(), &loaded.wallet);
                audit.compare(wallet)?;
                let read = wallet.at(now);
                let (available, held, balance) = (read.available(), read.held(), read.balance);
                if available.checked_add(held) != Some(balance) {
                    return Err(format!("{available} available and {held} held are not {balance}"));
                }
            }
            Ok(audits)
        }
    }
}
