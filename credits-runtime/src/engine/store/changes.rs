//! Changes: the encoded rows of a commit or checkpoint, which are published together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::declarations::Catalogues;
use crate::domain::fingerprint::Hash64;
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::low_balances::LowBalances;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::engine::journal::block::Block;
use crate::engine::rows::{self, CheckpointState, Filing, Milestone};

/// The next fact of each named subscriber.
pub(crate) type Cursors = BTreeMap<String, FactNumber>;

/// The end of a group of records in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogEnd {
    pub(crate) checksum: [u8; 16],
    /// The fact after the group's last.
    pub(crate) next_fact: FactNumber,
}

/// Rows that are published together.
#[derive(Default)]
pub(crate) struct Changes {
    /// New blocks, and the longer version of the last one.
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) removed_views: Vec<Vec<u8>>,
    pub(super) views: Vec<(Vec<u8>, Arc<[u8]>)>,
    pub(super) removed_segment_rows: Vec<Vec<u8>>,
    pub(super) segment_rows: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) state: Option<CheckpointState>,
    pub(super) cursors: Cursors,
    /// The end of the log records that have these facts.
    pub(super) log_end: Option<LogEnd>,
}

impl Changes {
    /// Adds blocks of the journal, and the end of the log records that have their frames.
    pub(crate) fn put_blocks<'a>(
        &mut self,
        blocks: impl IntoIterator<Item = &'a Arc<Block>>,
        log_end: Option<LogEnd>,
    ) {
        self.blocks.extend(blocks.into_iter().filter(|block| !block.frames.is_empty()).map(Arc::clone));
        self.log_end = log_end;
    }

    /// Adds a wallet's row and new milestones. Moves its rows in the agenda and on the list for attention from `filed`
    /// to its new filing, and returns that.
    pub(crate) fn put_wallet(
        &mut self,
        id: &WalletId,
        wallet: &Wallet,
        (filed, is_low): (Filing, bool),
        milestones: &[(u64, Milestone)],
    ) -> Filing {
        let filing = Filing { due: wallet.next_due_at(), needs_attention: is_low };
        let key = rows::wallet_key(id);
        self.file(&key, filed, filing);
        self.put(key, rows::wallet_to_bytes(wallet, filing));
        for (ordinal, milestone) in milestones {
            self.put(rows::milestone_key(id, *ordinal), rows::encode(milestone));
        }
        filing
    }

    /// Sets the thresholds by which wallets are listed for attention; `None` while the list changes from some to others.
    pub(crate) fn put_low_balances(&mut self, thresholds: Option<&LowBalances>) {
        self.put(rows::LOW_BALANCES_KEY.to_vec(), rows::encode(&thresholds));
    }

    /// Sets the number of the catalogue by which wallets have covers; `None` while they change to another one's.
    pub(crate) fn put_covers(&mut self, catalogue: Option<u32>) {
        self.put(rows::COVERS_KEY.to_vec(), rows::encode(&catalogue));
    }

    /// Adds an owner's billing. Moves its rows in the agenda and on the list for attention from `filed` to `filing`.
    pub(crate) fn put_billing(&mut self, owner: &Owner, billing: &Billing, filed: Filing, filing: Filing) {
        let key = rows::billing_key(owner);
        self.file(&key, filed, filing);
        self.put(key, rows::billing_to_bytes(billing, filing));
    }

    /// Adds an object at a payment processor.
    pub(crate) fn put_object(&mut self, id: &ObjectId, object: &Object) {
        self.put(rows::object_key(id), rows::record_to_bytes(object.last_fact, object));
    }

    /// Adds the waiting room.
    pub(crate) fn put_waiting_room(&mut self, room: &WaitingRoom) {
        self.put(rows::WAITING_ROOM_KEY.to_vec(), rows::record_to_bytes(room.last_fact, room));
    }

    /// Adds a waiting event with this hash, and the rows that index it by its objects.
    pub(crate) fn put_waiting_event(&mut self, number: FactNumber, event: &WaitingEvent, hash: Hash64) {
        self.put(rows::waiting_event_key(number), rows::encode(event));
        for id in event.under() {
            self.put(rows::waiting_key(id, number), hash.to_vec());
        }
    }

    /// Removes a waiting event and its index rows.
    pub(crate) fn remove_waiting_event(&mut self, number: FactNumber, event: &WaitingEvent) {
        self.removed_views.push(rows::waiting_event_key(number));
        self.removed_views.extend(event.under().map(|id| rows::waiting_key(id, number)));
    }

    /// Adds the list of declared catalogues.
    pub(crate) fn put_catalogues(&mut self, list: &Catalogues) {
        self.put(rows::CATALOGUES_KEY.to_vec(), rows::record_to_bytes(list.last_fact, list));
    }

    /// Adds the totals, and the activity of their days.
    pub(crate) fn put_totals(&mut self, totals: &Totals) {
        for (day, activity) in &totals.days.0 {
            self.put(rows::day_key(*day), rows::encode(activity));
        }
        self.put(rows::TOTALS_KEY.to_vec(), rows::record_to_bytes(totals.last_fact, totals));
    }

    /// Sets the checkpoint state.
    pub(crate) fn put_state(&mut self, state: CheckpointState) {
        self.state = Some(state);
    }

    /// Adds the next facts of subscribers.
    pub(crate) fn put_cursors(&mut self, cursors: Cursors) {
        self.cursors.extend(cursors);
    }

    /// Adds a row of a segment.
    pub(crate) fn put_segment_row(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.segment_rows.push((key, value));
    }

    /// Removes rows of segments.
    pub(crate) fn remove_segment_rows(&mut self, keys: Vec<Vec<u8>>) {
        self.removed_segment_rows.extend(keys);
    }

    /// Moves a record's rows in the agenda and on the list for attention.
    fn file(&mut self, record: &[u8], from: Filing, to: Filing) {
        if from.due != to.due {
            self.removed_views.extend(from.due.map(|due| rows::agenda_key(due, record)));
            if let Some(due) = to.due {
                self.put(rows::agenda_key(due, record), Vec::new());
            }
        }
        match (from.needs_attention, to.needs_attention) {
            (true, false) => self.removed_views.push(rows::attention_key(record)),
            (false, true) => self.put(rows::attention_key(record), Vec::new()),
            _ => {}
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.views.push((key, value.into()));
    }
}
