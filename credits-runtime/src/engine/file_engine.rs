//! The engine over a file, for readers: what its commits have published, and the rows of its store.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::checkpoint::checkpointer::Checkpointer;
use super::commit_log::CommitLog;
use super::feed::{CommitFeed, Followed};
use super::journal::block::Head;
use super::journal_reader::{FileJournal, JournalPosition, JournalReader};
use super::keys::{fingerprint_under, frames_under};
use super::published::Published;
use super::rows::{BillingRow, Milestone, Scheduled};
use super::statistics::Statistics;
use super::store::{Changes, Cursors, Store};
use super::verify::{Verified, VerifyProgress, head_at, verify};
use crate::domain::activity::{Day, Days};
#[cfg(feature = "stripe")]
use crate::domain::billing::objects::Object;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::declarations::Catalogues;
use crate::domain::fact::Scope;
use crate::domain::fingerprint::key_row;
#[cfg(feature = "stripe")]
use crate::domain::ids::ObjectId;
use crate::domain::ids::{Asset, FactNumber, Key, Owner, WalletId};
use crate::domain::owner_range::OwnerRange;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::LedgerError;

/// The files of an open ledger, and the state that its commits have published.
pub(crate) struct FileEngine {
    pub(super) store: Arc<Store>,
    pub(super) log: Option<Arc<CommitLog>>,
    /// `None` for a ledger that is only read.
    pub(super) checkpointer: Option<Arc<Checkpointer>>,
    pub(super) published: Arc<Published>,
    pub(super) feed: Arc<CommitFeed>,
}

impl FileEngine {
    /// The reading of the monotonic clock when a request is sent, which a file does not need.
    #[expect(clippy::unused_self, reason = "as of the other engine")]
    pub(super) fn sent_at(&self) -> Duration {
        Duration::ZERO
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.checkpointer.is_none()
    }

    pub(super) fn last_at(&self) -> Timestamp {
        self.published.last_at()
    }

    pub(super) fn end(&self) -> JournalPosition {
        JournalPosition::of_file(self.feed.next_fact())
    }

    pub(super) fn wait(
        &self,
        after: &JournalPosition,
        takes_refusals: bool,
        at_most: Option<Duration>,
    ) -> Followed {
        self.feed.wait(after.in_file(), takes_refusals, at_most)
    }

    pub(super) fn advance(&self, subscriber: &str, next: &JournalPosition) {
        let mut changes = Changes::default();
        changes.put_cursors(Cursors::from([(subscriber.to_owned(), next.in_file())]));
        self.store.publish(changes);
    }

    pub(super) fn save_cursors_soon(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.request_soon();
        }
    }

    pub(super) fn save_cursors(&self) -> Result<(), LedgerError> {
        self.checkpointer.as_ref().ok_or_else(LedgerError::read_only)?.checkpoint()
    }

    pub(super) fn cursor(&self, subscriber: &str) -> Result<Option<JournalPosition>, LedgerError> {
        Ok(self.store.snapshot()?.cursor(subscriber)?.map(JournalPosition::of_file))
    }

    pub(super) fn wallet(&self, id: &WalletId) -> Result<Wallet, LedgerError> {
        match self.published.wallets.get(id) {
            Some(cached) => Ok(cached.wallet),
            None => Ok(self.store.snapshot()?.wallet(id)?.wallet),
        }
    }

    pub(super) fn milestone(
        &self,
        wallet: &WalletId,
        ordinal: u64,
    ) -> Result<Option<Milestone>, LedgerError> {
        // Memory first: a checkpoint removes a milestone from memory only after publishing its row.
        if let Some(unwritten) = self.published.milestones.find(wallet, ordinal) {
            return Ok(Some(unwritten));
        }
        self.store.snapshot()?.milestone(wallet, ordinal)
    }

    /// A reader of the journal as of now. Its snapshot keeps redb from reusing pages until it is dropped.
    pub(super) fn journal(&self) -> Result<JournalReader, LedgerError> {
        // The end first: a snapshot taken later has every frame before it.
        let end = self.feed.next_fact();
        Ok(FileJournal::new(self.store.snapshot()?, self.published.first_fact..end).into())
    }

    pub(super) fn catalogues(&self) -> Result<Catalogues, LedgerError> {
        self.store.snapshot()?.catalogues()
    }

    pub(super) fn keyed(&self, scope: &Scope, key: &Key) -> Result<Option<Booked>, LedgerError> {
        let hash = key_row(scope, key.as_str());
        // Memory first: a checkpoint removes a key from memory only after publishing its segment.
        let recent = self.published.keys.recent(&hash);
        let snapshot = self.store.snapshot()?;
        let frames = if let Some(frame) = recent {
            vec![frame]
        } else {
            frames_under(&snapshot, &self.published.keys.segments_of(snapshot.segments()?, &hash), &hash)?
        };
        for first in frames {
            let missing = || LedgerError::damaged(format!("fact {first} is missing"));
            let frame = snapshot.stored_block(first)?.frame(first)?.ok_or_else(missing)?;
            if fingerprint_under(&frame, &hash).is_some() {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    pub(super) fn billing(&self, owner: &Owner) -> Result<BillingRow, LedgerError> {
        self.store.snapshot()?.billing(owner)
    }

    #[cfg(feature = "stripe")]
    pub(super) fn object(&self, id: &ObjectId) -> Result<Object, LedgerError> {
        self.store.snapshot()?.object(id)
    }

    pub(super) fn owners_of(&self, asset: &Asset, range: &OwnerRange) -> Result<Vec<Owner>, LedgerError> {
        // Memory first: a wallet leaves it after its row was published.
        let unwritten = self.published.unwritten.owners(asset, range);
        let rows = self.store.snapshot()?.owners_of(asset, range)?;
        let owners: BTreeSet<Owner> = rows.into_iter().chain(unwritten).collect();
        Ok(owners.into_iter().take(range.max).collect())
    }

    /// The owners of a range whose balance was low when it was written.
    pub(super) fn low_owners(&self, asset: &Asset, range: &OwnerRange) -> Result<Vec<Owner>, LedgerError> {
        // Memory first: a wallet leaves it after its row was published.
        let unwritten = self.published.low.owners(asset, range);
        let rows = self.store.snapshot()?.low_owners(asset, range)?;
        let listed: BTreeSet<Owner> = rows.into_iter().chain(unwritten).collect();
        Ok(listed.into_iter().take(range.max).collect())
    }

    /// Records that may have due work, earliest first, up to a number of them.
    pub(super) fn scheduled(&self, max: usize) -> Result<Vec<(Timestamp, Scheduled)>, LedgerError> {
        // Memory first: a checkpoint removes an entry from the index after publishing its row.
        let of_dirty = self.published.due.first(max).into_iter();
        let of_dirty = of_dirty.map(|(at, id)| (at, Scheduled::Wallet(id)));
        let filed = self.store.snapshot()?.agenda(max)?;
        let mut due: Vec<_> = filed.into_iter().chain(of_dirty).collect();
        due.sort_unstable();
        // A dirty wallet may also have a row, of another instant.
        let mut known = BTreeSet::new();
        due.retain(|(_, record)| known.insert(record.clone()));
        Ok(due)
    }

    pub(super) fn activity(&self, days: RangeInclusive<Day>) -> Result<Days, LedgerError> {
        // Memory first: a day leaves it after its row is complete.
        let totals = self.published.totals();
        let mut found = self.store.snapshot()?.days(days.clone())?;
        found.0.extend(totals.days.0.range(days).map(|(day, activity)| (*day, activity.clone())));
        Ok(found)
    }

    pub(super) fn billed_owners(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        self.store.snapshot()?.billed_owners(after, max)
    }

    pub(super) fn attention(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        self.store.snapshot()?.attention(after, max)
    }

    pub(super) fn waiting_room(&self) -> Result<WaitingRoom, LedgerError> {
        self.store.snapshot()?.waiting_room()
    }

    pub(super) fn waiting_events(
        &self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        self.store.snapshot()?.waiting_events(after, max)
    }

    pub(super) fn heads(&self) -> Result<Vec<(FactNumber, Head)>, LedgerError> {
        let end = self.store.snapshot()?.end()?;
        Ok(vec![(FactNumber(end.next_fact.get().saturating_sub(1)), end.head)])
    }

    pub(super) fn head_at(&self, last_fact: FactNumber) -> Result<Option<Head>, LedgerError> {
        head_at(&self.store.snapshot()?, last_fact)
    }

    pub(super) fn verify(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verified, LedgerError> {
        verify(&self.store.snapshot()?, progress)
    }

    pub(super) fn backup(&self, to: &Path) -> Result<(), LedgerError> {
        Store::copy(&self.store.snapshot()?, to, |_| Ok(()))
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.store.file()
    }

    #[expect(clippy::unnecessary_wraps, reason = "another engine reads them, which may fail")]
    pub(super) fn totals(&self) -> Result<Arc<Totals>, LedgerError> {
        Ok(self.published.totals())
    }

    /// Counts and sizes; the core adds when the ledger was opened, and how many commands wait.
    pub(super) fn statistics(&self) -> Statistics {
        let Published { first_fact, counts, wallets, keys, .. } = &*self.published;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let rows = self.store.unwritten_bytes();
        let checkpointed_at = counts.checkpointed_at.load(Ordering::Relaxed);
        let checkpoints = read(&counts.checkpoints);
        Statistics {
            opened_at: Timestamp::MIN,
            facts: self.feed.next_fact().get().saturating_sub(first_fact.get()),
            commits: read(&counts.commits),
            commit_microseconds: read(&counts.commit_nanoseconds) / 1_000,
            commands: read(&counts.commands),
            largest_batch: read(&counts.largest_batch),
            queued: 0,
            checkpoints,
            checkpointed_at: (checkpoints > 0).then(|| Timestamp::from_microseconds(checkpointed_at)),
            file_bytes: std::fs::metadata(self.store.path()).map_or(0, |file| file.len()),
            log_bytes: self.log.as_ref().map_or(0, |log| log.uncovered_bytes()) as u64,
            memory_bytes: wallets.bytes().saturating_add(keys.bytes()).saturating_add(rows) as u64,
        }
    }

    pub(super) fn stop_checkpoints(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.stop();
        }
    }

    /// Flushes everything to the ledger's file, and closes the file and the log.
    pub(super) fn close(&self) -> Result<(), LedgerError> {
        let Some(checkpointer) = &self.checkpointer else { return Ok(()) };
        let next_fact = self.feed.next_fact();
        // In two steps: a checkpoint in progress may lack the last rows, and must not mark the log as closed.
        let written = checkpointer.flush(next_fact).and_then(|()| {
            self.store.close_log();
            checkpointer.flush(next_fact)
        });
        checkpointer.stop();
        // The log stays open: the next opening replays the facts that the file lacks.
        if let Err(error) = written {
            _ = self.store.close();
            return Err(error);
        }
        self.store.close()?;
        match &self.log {
            Some(log) => log.close(next_fact).map_err(|error| LedgerError::io(self.store.path(), error)),
            None => Ok(()),
        }
    }

    /// The store, whose rows tests inspect.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The published state.
    #[cfg(test)]
    pub(crate) fn published(&self) -> &Published {
        &self.published
    }
}
