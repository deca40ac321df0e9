//! Sources in memory, for simulation and fuzzing: maps of records, to which sealed batches are committed, and a
//! partial view of them that reports missing records.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::sealed::SealedBatch;
use super::source::{DueRecord, Source};
use super::waiting::{LoadedRoom, event_hash};
use crate::domain::billing::objects::Object;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::wallet::Wallet;
use crate::engine::journal::block::{Block, Head};
use crate::engine::keys::UsedKeys;
use crate::engine::rows::{BillingRow, Filing, Scheduled, WalletRow};
use crate::error::LedgerError;

/// Committed records in memory.
#[derive(Debug, Default)]
pub(crate) struct MemorySource {
    wallets: HashMap<WalletId, Wallet>,
    billings: HashMap<Owner, BillingRow>,
    objects: HashMap<ObjectId, Object>,
    room: WaitingRoom,
    waiting: BTreeMap<FactNumber, WaitingEvent>,
    /// Frames by their first fact.
    frames: BTreeMap<FactNumber, Booked>,
    keys: UsedKeys,
}

impl MemorySource {
    /// Commits a sealed batch.
    pub(crate) fn commit(&mut self, batch: SealedBatch) -> Result<(), LedgerError> {
        let SealedBatch { began, wallets, keys, frames, billings, objects, waiting, .. } = batch;
        for (id, loaded) in wallets.changed() {
            self.wallets.insert(id.clone(), loaded.wallet.clone());
        }
        for (owner, loaded) in billings.into_iter().filter(|(_, loaded)| loaded.is_changed) {
            self.billings.insert(owner, BillingRow { billing: loaded.billing, filing: loaded.filing });
        }
        for (id, loaded) in objects.into_iter().filter(|(_, loaded)| loaded.is_changed) {
            self.objects.insert(id, loaded.object);
        }
        if let Some(LoadedRoom { room, kept, left, .. }) = waiting.map(|waiting| *waiting) {
            self.room = room;
            self.waiting.extend(kept);
            self.waiting.retain(|number, _| !left.contains_key(number));
        }
        for booked in Block::of(began, Head::default(), &frames).decode()? {
            self.frames.insert(booked.first(), booked);
        }
        self.keys.extend(keys);
        Ok(())
    }
}

impl Source for &MemorySource {
    type Error = LedgerError;

    fn wallet(&mut self, id: &WalletId) -> Result<WalletRow, LedgerError> {
        Ok(WalletRow { wallet: self.wallets.get(id).cloned().unwrap_or_default(), filed: Filing::default() })
    }

    fn frames_of_key(&mut self, _: &WalletId, row: &Hash128) -> Result<Vec<FactNumber>, LedgerError> {
        Ok(self.keys.get(row).map(|used| used.frame).into_iter().collect())
    }

    fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        Ok(self.frames.range(..=number).next_back().map(|(_, frame)| frame.clone()))
    }

    fn billing(&mut self, owner: &Owner) -> Result<BillingRow, LedgerError> {
        Ok(self.billings.get(owner).cloned().unwrap_or_default())
    }

    fn object(&mut self, id: &ObjectId) -> Result<Object, LedgerError> {
        Ok(self.objects.get(id).cloned().unwrap_or_default())
    }

    fn waiting_room(&mut self) -> Result<WaitingRoom, LedgerError> {
        Ok(self.room.clone())
    }

    fn waiting_under(&mut self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, LedgerError> {
        let under = self.waiting.iter().filter(|(_, waiting)| waiting.under().any(|under| under == id));
        Ok(under.map(|(number, waiting)| (*number, event_hash(&waiting.event))).collect())
    }

    fn waiting_event(&mut self, number: FactNumber) -> Result<Option<WaitingEvent>, LedgerError> {
        Ok(self.waiting.get(&number).cloned())
    }

    fn waiting_events(
        &mut self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        let events = self.waiting.iter().filter(|(number, _)| Some(**number) > after);
        Ok(events.take(max).map(|(number, waiting)| (*number, waiting.clone())).collect())
    }

    fn due(&mut self, max: usize) -> Result<Vec<DueRecord>, LedgerError> {
        let record = |(at, record)| DueRecord { at, record, is_filed: false };
        let wallets = self
            .wallets
            .iter()
            .filter_map(|(id, wallet)| Some((wallet.next_due_at()?, Scheduled::Wallet(id.clone()))));
        let billings = self
            .billings
            .iter()
            .filter_map(|(owner, row)| Some((row.filing.due?, Scheduled::Billing(owner.clone()))));
        let mut due: Vec<_> = wallets.chain(billings).map(record).collect();
        due.sort_unstable();
        due.truncate(max);
        Ok(due)
    }
}

/// The name of a record that a partial source may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum RecordName<'a> {
    Wallet(&'a WalletId),
    Key(&'a Hash128),
    Frame(FactNumber),
}

impl RecordName<'_> {
    fn hashed(self) -> u64 {
        FixedState::default().hash_one(self)
    }
}

/// Hashes of the records that a partial source has.
pub(crate) type Fetched = HashSet<u64>;

/// A source with only the fetched records, like that of a database.
pub(crate) struct PartialSource<'a> {
    pub(crate) all: &'a MemorySource,
    pub(crate) fetched: &'a Fetched,
}

/// The error of a partial source.
#[derive(Debug)]
pub(crate) enum Unread {
    /// This record must be fetched.
    Missing(u64),
    Failed(LedgerError),
}

impl From<LedgerError> for Unread {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

impl PartialSource<'_> {
    fn require(&self, name: RecordName<'_>) -> Result<(), Unread> {
        let hash = name.hashed();
        if self.fetched.contains(&hash) { Ok(()) } else { Err(Unread::Missing(hash)) }
    }
}

impl Source for PartialSource<'_> {
    type Error = Unread;

    fn wallet(&mut self, id: &WalletId) -> Result<WalletRow, Unread> {
        self.require(RecordName::Wallet(id))?;
        Ok({ self.all }.wallet(id)?)
    }

    fn frames_of_key(&mut self, wallet: &WalletId, row: &Hash128) -> Result<Vec<FactNumber>, Unread> {
        self.require(RecordName::Key(row))?;
        Ok({ self.all }.frames_of_key(wallet, row)?)
    }

    fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, Unread> {
        self.require(RecordName::Frame(number))?;
        Ok({ self.all }.frame(number)?)
    }

    fn billing(&mut self, owner: &Owner) -> Result<BillingRow, Unread> {
        Ok({ self.all }.billing(owner)?)
    }

    fn object(&mut self, id: &ObjectId) -> Result<Object, Unread> {
        Ok({ self.all }.object(id)?)
    }

    fn waiting_room(&mut self) -> Result<WaitingRoom, Unread> {
        Ok({ self.all }.waiting_room()?)
    }

    fn waiting_under(&mut self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, Unread> {
        Ok({ self.all }.waiting_under(id)?)
    }

    fn waiting_event(&mut self, number: FactNumber) -> Result<Option<WaitingEvent>, Unread> {
        Ok({ self.all }.waiting_event(number)?)
    }

    fn waiting_events(
        &mut self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, Unread> {
        Ok({ self.all }.waiting_events(after, max)?)
    }

    fn due(&mut self, max: usize) -> Result<Vec<DueRecord>, Unread> {
        Ok({ self.all }.due(max)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use credits_core::Settings;

    use super::*;
    use crate::domain::amount::Amount;
    use crate::domain::billing::sale::Sale;
    use crate::domain::billing::terms::PriceList;
    use crate::domain::command::{Action, Command, Expiry, Gift};
    use crate::domain::fact::Kind;
    use crate::domain::grant::GrantTerms;
    use crate::domain::ids::Key;
    use crate::domain::metadata::Metadata;
    use crate::domain::policy::Policy;
    use crate::domain::time::Timestamp;
    use crate::engine::batch::batch::{Batch, Position};
    use crate::engine::batch::failed_due::FailedDue;

    fn gift(wallet: &WalletId) -> Command {
        let gift = Gift {
            amount: Amount::new(10),
            reason: None,
            category: None,
            class: None,
            expiry: Expiry::In(Duration::from_hours(1)),
            priority: GrantTerms::PRIORITY_DEFAULT,
            scope: Vec::new(),
            kind: Kind::Give,
        };
        Command::new(wallet.clone(), Key::generated(0, 0), Action::Give(gift), Metadata::default())
    }

    #[test]
    fn a_due_record_that_cannot_be_read_is_left_out() {
        let (policy, mut source) = (Policy::of(&Settings::DEFAULT), MemorySource::default());
        let sale = Sale {
            prices: PriceList::default(),
            operations: HashMap::new(),
            assets: HashMap::new(),
            declared_assets: BTreeSet::new(),
        };
        let wallets = ["ann", "bob"].map(|name| WalletId::of_credits(Owner::new(name).unwrap()));
        let at = Timestamp::from_microseconds(1_767_225_600_000_000);
        let mut batch = Batch::new(&source, &policy, &Position::start());
        for wallet in &wallets {
            batch.submit(&gift(wallet), at).unwrap().unwrap();
        }
        let sealed = batch.sealed();
        let position = sealed.after();
        source.commit(sealed).unwrap();

        let [_, bob] = &wallets;
        let fetched = Fetched::from([RecordName::Wallet(bob).hashed()]);
        let partial = PartialSource { all: &source, fetched: &fetched };
        let mut batch = Batch::new(partial, &policy, &position);
        let mut failed = FailedDue::default();
        let booked = batch.book_due(at.after(Duration::from_hours(2)), &sale, &mut failed).unwrap();
        assert_eq!(failed.len(), 1);
        assert!(matches!(booked.failed, Some(Unread::Missing(_))), "the wallet of ann is missing");
        assert_eq!(batch.wallet(bob).balance, Amount::ZERO);
        assert!(!batch.is_empty());
    }
}
