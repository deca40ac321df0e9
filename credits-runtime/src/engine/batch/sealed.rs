//! A batch that was decided: what its commit writes, and what the batch after it reads while it is on its way to the disk.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::codec::{self, Covered, Milestone};
use super::journal::Tail;
use super::keys::upkeep::KeysPlan;
use super::milestones::ByWallet;
use super::overlay::{LoadedBilling, LoadedObject, Position, Room};
use super::store::{Changes, Cursors, Logged};
use super::waiting::{LoadedRoom, event_hash};
use crate::domain::declarations::Catalogues;
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;

/// What a batch has changed, once nothing is added to it.
pub(crate) struct Sealed {
    /// Its first fact.
    pub(super) began: FactNumber,
    /// Where the journal stands after it.
    pub(crate) position: Position,
    pub(crate) room: Room,
    /// Rows of wallets that are written with it.
    pub(crate) rows: Vec<WalletRow>,
    /// Wallets of such rows that it did not change, as they are once the rows are written.
    pub(crate) unchanged: HashMap<WalletId, Wallet, RandomState>,
    pub(super) billings: HashMap<Owner, LoadedBilling>,
    pub(super) objects: HashMap<ObjectId, LoadedObject>,
    pub(super) waiting: Option<Box<LoadedRoom>>,
    pub(super) catalogues: Option<Catalogues>,
    /// Those of wallets whose rows it does not write.
    pub(super) milestones: ByWallet,
}

/// The row of a wallet, to be written.
pub(crate) struct WalletRow {
    pub(crate) id: WalletId,
    bytes: Arc<[u8]>,
    /// When its row in the agenda says that something is due, and when it will.
    filed: (Option<Timestamp>, Option<Timestamp>),
    /// By their ordinals, those that the row before did not have.
    milestones: Vec<(u64, Milestone)>,
}

impl WalletRow {
    /// Of this wallet, which then has its row in the agenda where it belongs.
    pub(super) fn of(id: &WalletId, wallet: &mut Wallet, milestones: Vec<(u64, Milestone)>) -> Self {
        let (filed, due) = (wallet.agenda, wallet.next_due_at());
        wallet.agenda = due;
        Self {
            id: id.clone(),
            bytes: codec::wallet_to_bytes(wallet, due).into(),
            filed: (filed, due),
            milestones,
        }
    }

    /// When something was due in it before its row said so, once it says so.
    pub(crate) fn was_unfiled(&self) -> Option<Timestamp> {
        let (filed, due) = self.filed;
        due.filter(|due| filed.is_none_or(|filed| *due < filed))
    }

    /// Whether its row in the agenda is another one.
    pub(crate) fn is_refiled(&self) -> bool {
        self.filed.0 != self.filed.1
    }
}

impl Sealed {
    /// The rows to publish, once the record of its facts is durable. Rows may lack facts from the second of these on, and did
    /// so from the first.
    pub(crate) fn changes(
        &self,
        (lacked_from, replay_from): (FactNumber, FactNumber),
        keys: &mut KeysPlan,
        cursors: &Cursors,
        record: Option<Logged>,
    ) -> Changes {
        let (mut views, mut gone) = (Vec::new(), Vec::new());
        for WalletRow { id, bytes, filed: (filed, due), milestones } in &self.rows {
            let key = codec::wallet_key(id);
            if filed != due {
                gone.extend(filed.map(|due| codec::agenda_key(due, &key)));
                views.extend(due.map(|due| (codec::agenda_key(due, &key), Arc::default())));
            }
            views.push((key, Arc::clone(bytes)));
            let row = |(ordinal, milestone): &(u64, Milestone)| {
                (codec::milestone_key(id, *ordinal), codec::encode(milestone).into())
            };
            views.extend(milestones.iter().map(row));
        }
        for (owner, loaded) in self.billings.iter().filter(|(_, loaded)| loaded.changed) {
            let key = codec::billing_key(owner);
            let now = (loaded.billing.agenda, loaded.needs_attention);
            let bytes = codec::billing_to_bytes(&loaded.billing, loaded.needs_attention);
            views.push((key.clone(), bytes.into()));
            if loaded.committed.0 != now.0 {
                gone.extend(loaded.committed.0.map(|due| codec::agenda_key(due, &key)));
                views.extend(now.0.map(|due| (codec::agenda_key(due, &key), Arc::default())));
            }
            match (loaded.committed.1, now.1) {
                (true, false) => gone.push(codec::attention_key(&key)),
                (false, true) => views.push((codec::attention_key(&key), Arc::default())),
                _ => {}
            }
        }
        for (id, LoadedObject { object, .. }) in self.objects.iter().filter(|(_, loaded)| loaded.changed) {
            let bytes = codec::record_to_bytes(object.last_fact, object);
            views.push((codec::object_key(id), bytes.into()));
        }
        for LoadedRoom { room, kept, left, .. } in
            self.waiting.iter().map(Box::as_ref).filter(|it| it.changed)
        {
            let bytes = codec::record_to_bytes(room.last_fact, room);
            views.push((codec::WAITING_ROOM_KEY.to_vec(), bytes.into()));
            for (number, waiting) in kept {
                let hash = event_hash(&waiting.event);
                views.push((codec::waiting_event_key(*number), codec::encode(waiting).into()));
                let row = |id| (codec::waiting_key(id, *number), hash.to_vec().into());
                views.extend(waiting.under().map(row));
            }
            for (number, waiting) in left {
                gone.push(codec::waiting_event_key(*number));
                gone.extend(waiting.under().map(|id| codec::waiting_key(id, *number)));
            }
        }
        if let Some(list) = &self.catalogues {
            views.push((codec::CATALOGUES_KEY.to_vec(), codec::record_to_bytes(list.last_fact, list).into()));
        }
        // The totals lag as wallets do, as long as nothing else is written.
        if !views.is_empty() || replay_from > lacked_from {
            let totals = &*self.position.totals;
            let bytes = codec::record_to_bytes(totals.last_fact, totals);
            views.push((codec::TOTALS_KEY.to_vec(), bytes.into()));
        }
        let is_covered_otherwise = replay_from != lacked_from || keys.is_changed();
        let Tail { sealed, block } = &self.position.tail;
        let blocks = sealed.iter().chain([block]).filter(|block| !block.frames.is_empty());
        Changes {
            blocks: blocks.map(Arc::clone).collect(),
            gone,
            views,
            keys: std::mem::take(&mut keys.rows),
            covered: is_covered_otherwise.then(|| Covered { replay_from, keys: keys.state.clone() }),
            cursors: cursors.clone(),
            record,
        }
    }

    /// A wallet as it will be once it is committed, if the batch has changed it or writes its row, and whether its row will
    /// lag.
    pub(super) fn wallet(&self, hash: u64, id: &WalletId) -> Option<(Wallet, bool)> {
        let wallets = &self.room.wallets;
        let changed = wallets.place(hash, id).and_then(|place| wallets.at(place));
        let changed = changed.filter(|loaded| loaded.changed);
        let changed = changed.map(|loaded| (loaded.wallet.clone(), loaded.lags.1));
        changed.or_else(|| self.unchanged.get(id).map(|wallet| (wallet.clone(), false)))
    }

    /// Where the next batch begins.
    pub(crate) fn after(&self) -> Position {
        let Position { next_fact, tail: Tail { block, .. }, last_at, totals } = &self.position;
        let tail = Tail::new(Arc::clone(block));
        Position { next_fact: *next_fact, tail, last_at: *last_at, totals: totals.clone() }
    }
}
