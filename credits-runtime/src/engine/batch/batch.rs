//! A batch: commands read through it what earlier commands of the batch have changed, and nothing of it is seen
//! outside until its commit has succeeded.

mod known;

use std::collections::HashMap;
use std::sync::Arc;

use super::agenda::Agenda;
use super::billing::Sale;
use super::codec::{Milestone, Scheduled};
use super::described::Described;
use super::frames::{Frames, Place};
use super::journal::{Numbered, Tail};
use super::keys::{Keys, Used, UsedKeys, key_rows, other_rows};
use super::loaded::{Loaded, LoadedWallets};
use super::milestones::ByWallet;
use super::sealed::{Sealed, WalletRow};
use super::store::{Snapshot, Store};
use super::views::{Views, stored_wallet};
use super::waiting::{LoadedRoom, WaitingMax};
#[cfg(feature = "testing")]
use crate::domain::audit::Audit;
use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::catalogue::CatalogueData;
use crate::domain::command::{Action, Command};
use crate::domain::declarations::Catalogues;
use crate::domain::fact::{Body, Fact, Frame, Kind, Purpose, Record, Scope};
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::{FactNumber, HoldId, Key, ObjectId, Owner, WalletId};
use crate::domain::limits::{AGENDA_RECORDS_MAX, BATCH_BYTES, MILESTONE_FACTS};
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::{Decision, Known, Wallet, Wallets, decide};
use crate::error::LedgerError;

/// Where the journal stands between batches.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) next_fact: FactNumber,
    pub(crate) tail: Tail,
    pub(crate) last_at: Timestamp,
    pub(crate) totals: Arc<Totals>,
}

/// What one batch has changed so far.
pub(crate) struct Batch<'a> {
    store: &'a Store,
    views: &'a Views,
    policy: &'a Policy,
    snapshot: Option<Snapshot>,
    /// Its first fact.
    began: FactNumber,
    /// What was decided before it and is not committed yet.
    before: Option<Arc<Sealed>>,
    /// The key that the command at hand uses up besides its own, with its row, which takes a while to work out.
    chosen: Option<(Key, Hash128)>,
    /// Where the wallet is that was looked for last.
    at: usize,
    /// Empty, to book the next facts in.
    facts: Vec<Fact>,
    pub(crate) position: Position,
    room: Room,
    pub(super) billings: HashMap<Owner, LoadedBilling>,
    pub(super) objects: HashMap<ObjectId, LoadedObject>,
    pub(super) waiting: Option<Box<LoadedRoom>>,
    pub(super) waiting_max: WaitingMax,
    catalogues: Option<Catalogues>,
    milestones: ByWallet,
}

/// What batches are made in, one after the other: an allocator is spared what is as large as a batch.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) wallets: LoadedWallets,
    /// Keys that the batch uses.
    pub(crate) keys: UsedKeys,
    pub(crate) frames: Frames,
}

/// An owner's billing as the batch has it.
pub(super) struct LoadedBilling {
    pub(super) billing: Billing,
    pub(super) changed: bool,
    /// Its row in the agenda, and whether it is listed, as they are committed.
    pub(super) committed: (Option<Timestamp>, bool),
    /// Whether somebody should look at it.
    pub(super) needs_attention: bool,
}

/// An object at a payment processor as the batch has it.
pub(super) struct LoadedObject {
    pub(super) object: Object,
    pub(super) changed: bool,
}

/// What a command came to within a batch.
pub(crate) type Submitted = Result<Done, Rejection>;

/// What was done of a command.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// It is booked: in this frame of the batch, with the hold that it opened or extended.
    Now(Place, Option<Opened>),
    /// Nothing: this answers it.
    Before(Numbered),
}

/// A hold, for whom, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    pub(crate) hold: HoldId,
    pub(crate) purpose: Purpose,
    pub(crate) until: Timestamp,
}

impl<'a> Batch<'a> {
    /// An empty batch after this position.
    pub(crate) fn new(
        (store, views, policy): (&'a Store, &'a Views, &'a Policy),
        position: &Position,
    ) -> Self {
        Self {
            store,
            views,
            policy,
            snapshot: None,
            began: position.next_fact,
            before: None,
            chosen: None,
            at: 0,
            facts: Vec::new(),
            position: position.clone(),
            room: Room::default(),
            billings: HashMap::new(),
            objects: HashMap::new(),
            waiting: None,
            waiting_max: WaitingMax::USUAL,
            catalogues: None,
            milestones: ByWallet::default(),
        }
    }

    /// The same after a batch that is not committed yet.
    pub(crate) fn after(self, before: Option<Arc<Sealed>>) -> Self {
        Self { before, ..self }
    }

    /// The same with other limits of events that wait.
    pub(crate) fn waiting_up_to(self, waiting_max: WaitingMax) -> Self {
        Self { waiting_max, ..self }
    }

    /// What came before it is committed; answers the room that it leaves.
    pub(crate) fn follow(&mut self) -> Option<Room> {
        self.snapshot = None;
        self.before.take().and_then(Arc::into_inner).map(|before| before.room)
    }

    /// The same in a room that another batch has left.
    pub(crate) fn within(self, mut room: Room) -> Self {
        room.wallets.clear();
        room.keys.clear();
        room.frames.clear();
        Self { room, ..self }
    }

    /// What the settings decide.
    pub(super) fn policy(&self) -> &Policy {
        self.policy
    }

    /// The frame that was booked last.
    pub(super) fn last_frame(&self) -> Option<Place> {
        self.room.frames.last()
    }

    /// Whether there is nothing to commit.
    pub(crate) fn is_empty(&self) -> bool {
        self.room.frames.is_empty()
            && self.room.wallets.changed().next().is_none()
            && self.billings.values().all(|loaded| !loaded.changed)
    }

    /// Decides a command and, if it is not rejected, books its facts. Answers the frame, and whether it was
    /// booked before.
    pub(crate) fn submit(&mut self, command: &Command, clock: Timestamp) -> Result<Submitted, LedgerError> {
        let now = self.position.last_at.max(clock);
        self.chosen = None;
        self.load(&command.wallet)?;
        let known = self.known(command, now)?;
        let other = self.other(command, &known)?;
        let wallets = Wallets {
            own: self.wallet(&command.wallet),
            other: other.as_ref().map(|id| (id, self.wallet(id))),
        };
        match decide(wallets, command, &known, self.policy, (self.position.next_fact, now)) {
            Err(rejection) => Ok(Err(rejection)),
            Ok(Decision::Replay(frame)) => Ok(Ok(Done::Before(frame))),
            Ok(Decision::Book(bodies)) => {
                let opened = bodies.iter().enumerate().find_map(|(place, body)| match body {
                    Body::Held(held) => {
                        let hold = HoldId(self.position.next_fact.plus(place));
                        Some(Opened { hold, purpose: held.purpose, until: held.until })
                    }
                    Body::Extended { hold, until } => {
                        Some(Opened { hold: *hold, purpose: Purpose::Run, until: *until })
                    }
                    _ => None,
                });
                let own = || Record::Wallet(command.wallet.clone());
                let facts = bodies.into_iter().map(|body| (own(), body));
                Ok(Ok(Done::Now(self.book(Described::of(command), facts, now), opened)))
            }
            Ok(Decision::BookOfTwo(facts)) => {
                let facts = facts.into_iter().map(|(wallet, body)| (Record::Wallet(wallet), body));
                Ok(Ok(Done::Now(self.book(Described::of(command), facts, now), None)))
            }
        }
    }

    /// Books what is due in the first records of the agenda; answers when something is due after them.
    pub(crate) fn book_due(
        &mut self,
        clock: Timestamp,
        sale: Option<&Sale>,
        unfiled: &Agenda,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let now = self.position.last_at.max(clock);
        let rows_max = AGENDA_RECORDS_MAX.saturating_add(1);
        let mut rows = self.snapshot()?.agenda(rows_max)?;
        let unfiled = unfiled.iter().take(rows_max);
        rows.extend(unfiled.map(|(due, id)| (*due, Scheduled::Wallet(id.clone()))));
        rows.sort_unstable();
        let count = rows.iter().take(AGENDA_RECORDS_MAX).take_while(|(due, _)| *due <= now).count();
        let next = rows.get(count).map(|(due, _)| *due);
        rows.truncate(count);
        // Rows may be early: what is booked is in the order of when it is due, whatever is written of it.
        for (due, record) in &mut rows {
            if let Scheduled::Wallet(id) = record {
                self.load(id)?;
                *due = self.wallet(id).next_due_at().unwrap_or(*due);
            }
        }
        rows.sort_unstable();
        for (due, record) in rows {
            if self.bytes() >= BATCH_BYTES {
                return Ok(Some(due));
            }
            match (record, sale) {
                (Scheduled::Wallet(id), _) => self.book_due_of(&id, now)?,
                (Scheduled::Billing(owner), Some(sale)) => self.fulfil(&owner, sale, now)?,
                (Scheduled::Billing(_), None) => {}
            }
        }
        Ok(next)
    }

    fn book_due_of(&mut self, id: &WalletId, now: Timestamp) -> Result<(), LedgerError> {
        self.load(id)?;
        let due = self.wallet(id).due(self.position.next_fact, now);
        if !due.is_empty() {
            let facts = due.into_iter().map(|body| (Record::Wallet(id.clone()), body));
            self.book(Described::own(Kind::BookDue), facts, now);
        }
        let loaded = self.loaded(id);
        (loaded.changed, loaded.looked_at) = (true, true);
        Ok(())
    }

    /// When something is due next in the records that this batch changed.
    pub(crate) fn next_due_at(&self) -> Option<Timestamp> {
        let wallets = self.room.wallets.changed();
        let billings = self.billings.values().filter(|loaded| loaded.changed);
        let wallets = wallets.filter_map(|(.., loaded)| loaded.wallet.next_due_at());
        wallets.chain(billings.filter_map(|loaded| loaded.billing.agenda)).min()
    }

    /// The receiver of a transfer, loaded.
    fn other(&mut self, command: &Command, known: &Known) -> Result<Option<WalletId>, LedgerError> {
        let other = match &command.action {
            Action::Transfer(transfer) => Some(transfer.to.clone()),
            Action::Reverse { .. } => known.opening.as_ref().and_then(|(_, frame)| {
                frame.facts.iter().find_map(|fact| match &fact.body {
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

    /// Declares a catalogue, unless one of the same terms was; answers its number.
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
        catalogues.apply(self.position.next_fact, &fact);
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

    /// The frame of what was done.
    #[cfg(feature = "testing")]
    pub(crate) fn frame_of(&self, done: Done) -> Result<Numbered, LedgerError> {
        match done {
            Done::Before(frame) => Ok(frame),
            Done::Now(place, _) => self.room.frames.frame(place.first)?.ok_or_else(LedgerError::closed),
        }
    }

    /// Whether every fact of the batch adds up, and every wallet is what its facts lead to; to be asked of a batch that
    /// came after nothing.
    #[cfg(feature = "testing")]
    pub(crate) fn audit(&self, now: Timestamp) -> Result<(), String> {
        let mut audits: HashMap<WalletId, Audit> = HashMap::new();
        let mut next = self.began;
        while next < self.position.next_fact {
            let frame = self.room.frames.frame(next).map_err(|error| error.to_string())?;
            let (first, frame) = frame.ok_or_else(|| format!("fact {next} is missing"))?;
            next = first.plus(frame.facts.len());
            for (place, fact) in frame.facts.iter().enumerate() {
                if let Record::Wallet(id) = &fact.record {
                    audits.entry(id.clone()).or_default().add(first.plus(place), fact)?;
                }
            }
        }
        for (id, audit) in audits {
            let wallet = self.wallet(&id);
            audit.compare(wallet)?;
            let read = wallet.at(now);
            let (available, held, balance) = (read.available(), read.held(), read.balance);
            if available.checked_add(held) != Some(balance) {
                return Err(format!("{available} available and {held} held are not {balance}"));
            }
        }
        Ok(())
    }

    /// Applies the facts of a committed frame that the rows of their wallets lack.
    pub(crate) fn replay(&mut self, (first, frame): &Numbered) -> Result<(), LedgerError> {
        for (place, fact) in frame.facts.iter().enumerate() {
            match &fact.record {
                Record::Catalogues => {}
                Record::Wallet(id) => self.load(id)?,
                Record::Billing(owner) => self.load_billing(owner)?,
                Record::Object(id) => self.load_object(id)?,
                Record::WaitingRoom => self.load_replayed_room(first.plus(place), fact)?,
            }
            self.apply((first.plus(place), frame.at), fact);
            self.add_to_totals(first.plus(place), fact);
        }
        Ok(())
    }

    /// Adds a frame of the log to the journal, and applies its facts.
    pub(crate) fn append(&mut self, numbered: &Numbered, bytes: &[u8]) -> Result<(), LedgerError> {
        let (first, frame) = numbered;
        self.position.tail.push(*first, bytes);
        self.position.next_fact = first.plus(frame.facts.len());
        self.position.last_at = frame.at;
        self.replay(numbered)
    }

    /// Has billing that was replayed looked at at once: its facts do not say when something is due in it next.
    pub(crate) fn reschedule_billing(&mut self) {
        let now = self.position.last_at;
        for loaded in self.billings.values_mut().filter(|loaded| loaded.changed) {
            loaded.billing.agenda = Some(now);
            loaded.needs_attention = !loaded.billing.listed.is_empty();
        }
    }

    /// Wallets whose rows cannot lag: their rows in the agenda would be looked at for ever.
    pub(crate) fn forced(&self) -> Vec<WalletId> {
        let is_stale = |loaded: &Loaded| {
            loaded.looked_at
                && loaded.wallet.agenda.is_some_and(|filed| loaded.wallet.next_due_at() != Some(filed))
        };
        let changed = self.room.wallets.changed();
        changed.filter(|(.., loaded)| is_stale(loaded)).map(|(_, id, _)| id.clone()).collect()
    }

    /// Wallets that the batch changed.
    pub(crate) fn changed(&self) -> Vec<WalletId> {
        self.room.wallets.changed().map(|(_, id, _)| id.clone()).collect()
    }

    /// Bytes of the batch's frames.
    pub(crate) fn bytes(&self) -> usize {
        self.room.frames.len()
    }

    /// How many facts the batch has booked.
    pub(crate) fn facts(&self) -> usize {
        let facts = self.position.next_fact.get().saturating_sub(self.began.get());
        usize::try_from(facts).unwrap_or(usize::MAX)
    }

    /// The keys that were used before it.
    pub(crate) fn published_keys(&self) -> &Keys {
        &self.views.keys
    }

    /// The keys that it used.
    pub(crate) fn used(&self) -> &UsedKeys {
        &self.room.keys
    }

    /// The keys that it used, and what was committed before it.
    pub(crate) fn keys(&mut self) -> Result<(&UsedKeys, &Snapshot), LedgerError> {
        self.snapshot()?;
        let snapshot = self.snapshot.as_ref().ok_or_else(LedgerError::closed)?;
        Ok((&self.room.keys, snapshot))
    }

    /// What it was made in, when nothing came of it.
    pub(crate) fn into_room(self) -> Room {
        self.room
    }

    /// Nothing is added to it, and what came before it is committed: with the rows of these wallets, changed by the batch or
    /// lagging since before it.
    pub(crate) fn sealed<'b>(mut self, wallets: impl IntoIterator<Item = &'b WalletId>) -> Sealed {
        let mut unchanged = HashMap::default();
        let mut rows = Vec::new();
        for id in wallets {
            let mut milestones = self.views.milestones.of(id);
            milestones.extend(self.milestones.remove(id).into_iter().flatten());
            let row = match self.place(id).and_then(|at| self.room.wallets.at_mut(at)) {
                Some(loaded) if loaded.changed => {
                    loaded.lags.1 = false;
                    WalletRow::of(id, &mut loaded.wallet, milestones)
                }
                _ => match self.views.wallet(id) {
                    Some((mut wallet, _)) => {
                        let row = WalletRow::of(id, &mut wallet, milestones);
                        unchanged.insert(id.clone(), wallet);
                        row
                    }
                    None => panic!("a row lags that was not published"),
                },
            };
            rows.push(row);
        }
        let Self { began, position, mut room, billings, objects, waiting, catalogues, milestones, .. } = self;
        room.frames.seal();
        Sealed { began, position, room, rows, unchanged, billings, objects, waiting, catalogues, milestones }
    }

    pub(super) fn book(
        &mut self,
        described: Described,
        bodies: impl IntoIterator<Item = (Record, Body)>,
        at: Timestamp,
    ) -> Place {
        let first = self.position.next_fact;
        let bodies = bodies.into_iter();
        let mut facts = std::mem::take(&mut self.facts);
        for (place, (record, body)) in bodies.enumerate() {
            let (previous, count) = self.last_of(&record);
            let fact = Fact { record, previous, ordinal: count.saturating_add(1), body };
            let number = first.plus(place);
            self.apply((number, at), &fact);
            self.add_to_totals(number, &fact);
            facts.push(fact);
        }
        let row = described.row;
        let frame = described.frame(at, facts);
        let used = Used { frame: first, lapses: frame.kind.key_lapses() };
        let chosen = self.chosen.take();
        let rows = other_rows(&frame, chosen.as_ref()).map(|(hash, _)| hash).chain(row);
        self.room.keys.extend(rows.map(|hash| (hash, used)));
        let place = self.push(&frame);
        self.facts = frame.facts;
        self.facts.clear();
        place
    }

    fn add_to_totals(&mut self, number: FactNumber, fact: &Fact) {
        Arc::make_mut(&mut self.position.totals).apply(number, fact);
    }

    /// Notes which keys a frame uses.
    pub(crate) fn use_keys(&mut self, first: FactNumber, frame: &Frame) {
        let used = Used { frame: first, lapses: frame.kind.key_lapses() };
        self.room.keys.extend(key_rows(frame).map(|(hash, _)| (hash, used)));
    }

    /// The last fact of a record, and how many it has.
    fn last_of(&self, record: &Record) -> (Option<FactNumber>, u64) {
        match record {
            Record::Catalogues => panic!("catalogues are declared, not booked"),
            Record::Wallet(id) => {
                let wallet = self.wallet(id);
                (wallet.last_fact, wallet.facts)
            }
            Record::Billing(owner) => {
                let billing = self.billing(owner);
                (billing.last_fact, billing.facts)
            }
            Record::Object(id) => {
                let object = self.object(id);
                (object.last_fact, object.facts)
            }
            Record::WaitingRoom => {
                let room = &self.room().room;
                (room.last_fact, room.facts)
            }
        }
    }

    pub(super) fn wallet(&self, id: &WalletId) -> &Wallet {
        match self.place(id).and_then(|place| self.room.wallets.at(place)) {
            Some(loaded) => &loaded.wallet,
            None => panic!("a wallet is used that was not loaded"),
        }
    }

    fn loaded(&mut self, id: &WalletId) -> &mut Loaded {
        match self.place(id).and_then(|place| self.room.wallets.at_mut(place)) {
            Some(loaded) => loaded,
            None => panic!("a wallet is changed that was not loaded"),
        }
    }

    /// Where a wallet is, if it was loaded: most are looked for again at once.
    fn place(&self, id: &WalletId) -> Option<usize> {
        let wallets = &self.room.wallets;
        if wallets.is_at(self.at, id) { Some(self.at) } else { wallets.place(self.views.hash(id), id) }
    }

    fn apply(&mut self, (number, at): (FactNumber, Timestamp), fact: &Fact) {
        match &fact.record {
            Record::Catalogues => {}
            Record::Wallet(id) => {
                let loaded = self.loaded(id);
                // What is replayed may be in the wallet's row, and its milestone with it.
                let is_new = loaded.wallet.last_fact < Some(number);
                loaded.wallet.apply(number, fact);
                loaded.changed = true;
                if is_new && fact.ordinal.is_multiple_of(MILESTONE_FACTS) {
                    let (effective_at, balance) = (fact.body.effective_at(at), loaded.wallet.balance);
                    let milestone = Milestone { fact: number, effective_at, balance };
                    self.milestones.entry(id.clone()).or_default().push((fact.ordinal, milestone));
                }
            }
            Record::Billing(owner) => {
                if let Some(loaded) = self.billings.get_mut(owner) {
                    loaded.changed |= loaded.billing.last_fact < Some(number);
                    loaded.billing.apply(number, fact);
                }
            }
            Record::Object(id) => {
                if let Some(loaded) = self.objects.get_mut(id) {
                    loaded.changed |= loaded.object.last_fact < Some(number);
                    loaded.object.apply(number, fact);
                }
            }
            Record::WaitingRoom => self.room_mut().apply(number, fact),
        }
    }

    fn push(&mut self, frame: &Frame) -> Place {
        let first = self.position.next_fact;
        let place = self.room.frames.push(first, frame);
        self.position.tail.push(first, self.room.frames.bytes(&place));
        self.position.next_fact = first.plus(frame.facts.len());
        self.position.last_at = frame.at;
        place
    }

    pub(super) fn load(&mut self, id: &WalletId) -> Result<(), LedgerError> {
        let hash = self.views.hash(id);
        if let Some(place) = self.room.wallets.place(hash, id) {
            self.at = place;
            return Ok(());
        }
        let (wallet, lagged) = match self.before.as_ref().and_then(|before| before.wallet(hash, id)) {
            Some(decided) => decided,
            None => match self.views.wallet_of((hash, id), || self.room.wallets.spare()) {
                Some(hot) => hot,
                None => (stored_wallet(self.snapshot()?, id)?, false),
            },
        };
        let unfiled = Agenda::unfiled(&wallet);
        let loaded = Loaded { wallet, changed: false, lags: (lagged, true), unfiled, looked_at: false };
        self.at = self.room.wallets.push(hash, id.clone(), loaded);
        Ok(())
    }

    pub(super) fn snapshot(&mut self) -> Result<&Snapshot, LedgerError> {
        if self.snapshot.is_none() {
            self.snapshot = Some(self.store.snapshot()?);
        }
        self.snapshot.as_ref().ok_or_else(LedgerError::closed)
    }
}
