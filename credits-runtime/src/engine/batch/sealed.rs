//! A sealed batch: everything that its commit writes and publishes.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::Position;
use super::state::{LoadedBilling, LoadedObject, LoadedWallets};
use super::waiting::{LoadedRoom, event_hash};
use crate::domain::declarations::Catalogues;
use crate::domain::ids::{FactNumber, ObjectId, Owner};
use crate::engine::journal::block::Tail;
use crate::engine::keys::UsedKeys;
use crate::engine::store::{Changes, LogEnd};
use crate::engine::wallets::milestones::MilestonesByWallet;

/// A batch that takes no more commands.
pub(crate) struct SealedBatch {
    /// Its first fact.
    pub(crate) began: FactNumber,
    /// The end of the journal after it.
    pub(crate) position: Position,
    pub(crate) wallets: LoadedWallets,
    pub(crate) keys: UsedKeys,
    /// Its frames, encoded one after another.
    pub(crate) frames: Arc<Vec<u8>>,
    pub(crate) billings: HashMap<Owner, LoadedBilling>,
    pub(crate) objects: HashMap<ObjectId, LoadedObject>,
    pub(crate) waiting: Option<Box<LoadedRoom>>,
    pub(crate) catalogues: Option<Catalogues>,
    pub(crate) milestones: MilestonesByWallet,
}

impl SealedBatch {
    /// The rows that its commit publishes: the journal's blocks, and every record but wallets, whose rows checkpoints
    /// write.
    pub(crate) fn changes(&self, log_end: Option<LogEnd>) -> Changes {
        let mut changes = Changes::default();
        if let Some(Tail { sealed, block }) = &self.position.tail {
            changes.put_blocks(sealed.iter().chain([block]), log_end);
        }
        for (owner, loaded) in self.billings.iter().filter(|(_, loaded)| loaded.is_changed) {
            changes.put_billing(owner, &loaded.billing, loaded.filed, loaded.filing);
        }
        for (id, loaded) in self.objects.iter().filter(|(_, loaded)| loaded.is_changed) {
            changes.put_object(id, &loaded.object);
        }
        if let Some(LoadedRoom { room, kept, left, .. }) = self.waiting.as_deref().filter(|it| it.is_changed)
        {
            changes.put_waiting_room(room);
            for (number, event) in kept {
                changes.put_waiting_event(*number, event, event_hash(&event.event));
            }
            for (number, event) in left {
                changes.remove_waiting_event(*number, event);
            }
        }
        if let Some(list) = &self.catalogues {
            changes.put_catalogues(list);
        }
        changes
    }

    /// The position of the next batch.
    pub(crate) fn after(&self) -> Position {
        let Position { next, tail, last_at, totals } = &self.position;
        let tail = tail.as_ref().map(|tail| Tail::new(Arc::clone(&tail.block)));
        Position { next: *next, tail, last_at: *last_at, totals: Arc::clone(totals) }
    }
}
