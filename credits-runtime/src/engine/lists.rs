//! Lists of records: assets, owners by name, records with due work, and activity by day. Each merges rows of the store
//! with records that have no row yet.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::core::Core;
use super::rows::Scheduled;
use crate::domain::activity::{Day, Days};
use crate::domain::amount::Amount;
use crate::domain::ids::{Asset, FactNumber, Owner, WalletId};
use crate::domain::owner_range::OwnerRange;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::error::LedgerError;

/// Records that may have due work.
pub(crate) struct DueRecords {
    pub(crate) wallets: BTreeSet<WalletId>,
    /// When the billing of an owner is due.
    pub(crate) billings: Vec<(Timestamp, Owner)>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

impl Core {
    /// The assets of every declared catalogue, credits first.
    pub(crate) fn assets(&self) -> Vec<Asset> {
        let declared = self.terms.values().flat_map(|terms| &terms.data.assets);
        let named: BTreeSet<Asset> = declared.map(|asset| Asset::of(&asset.name)).collect();
        std::iter::once(Asset::credits()).chain(named).collect()
    }

    /// The owners of a range with a wallet of an asset.
    pub(crate) fn owners_of(&self, asset: &Asset, range: &OwnerRange) -> Result<Vec<Owner>, LedgerError> {
        // Memory first: a wallet leaves it after its row was published.
        let unwritten = self.published.unwritten.owners(asset, range);
        let rows = self.store.snapshot()?.owners_of(asset, range)?;
        let owners: BTreeSet<Owner> = rows.into_iter().chain(unwritten).collect();
        Ok(owners.into_iter().take(range.max).collect())
    }

    /// The wallets of an asset with a low balance, of the owners of a range.
    pub(crate) fn low(
        &self,
        asset: &Asset,
        mut range: OwnerRange,
    ) -> Result<Vec<(WalletId, Wallet)>, LedgerError> {
        let (mut found, max) = (Vec::new(), range.max);
        loop {
            // Memory first: a wallet leaves it after its row was published.
            let unwritten = self.published.low.owners(asset, &range);
            let rows = self.store.snapshot()?.low_owners(asset, &range)?;
            let listed: BTreeSet<Owner> = rows.into_iter().chain(unwritten).collect();
            let is_last = listed.len() < max;
            for owner in listed.into_iter().take(max) {
                range.after = Some(owner.clone());
                let id = WalletId::of_asset(asset.clone(), owner);
                // Its balance may have risen since it was listed.
                let wallet = self.wallet(&id)?;
                if self.published.low_balances.has(&id, &wallet) {
                    found.push((id, wallet));
                }
            }
            if is_last || found.len() >= max {
                found.truncate(max);
                return Ok(found);
            }
        }
    }

    /// The highest threshold of a low balance of a wallet's asset.
    pub(crate) fn low_balance_threshold(&self, id: &WalletId) -> Option<Amount> {
        self.published.low_balances.threshold(id)
    }

    /// Records that may have due work by an instant, earliest first, up to a number of them.
    pub(crate) fn due_records(&self, until: Timestamp, max: usize) -> Result<DueRecords, LedgerError> {
        // Memory first: a checkpoint removes an entry from the index after publishing its row.
        let of_dirty = self.published.due.first(max.saturating_add(1)).into_iter();
        let of_dirty = of_dirty.map(|(at, id)| (at, Scheduled::Wallet(id)));
        let filed = self.store.snapshot()?.agenda(max.saturating_add(1))?;
        let mut due: Vec<_> = filed.into_iter().chain(of_dirty).filter(|(at, _)| *at <= until).collect();
        due.sort_unstable();
        // A dirty wallet may also have a row, of another instant.
        let mut known = BTreeSet::new();
        due.retain(|(_, record)| known.insert(record.clone()));
        let is_complete = due.len() <= max;
        let mut records = DueRecords { wallets: BTreeSet::new(), billings: Vec::new(), is_complete };
        for (at, record) in due.into_iter().take(max) {
            match record {
                Scheduled::Wallet(id) => _ = records.wallets.insert(id),
                Scheduled::Billing(owner) => records.billings.push((at, owner)),
            }
        }
        Ok(records)
    }

    /// The activity of days with entries.
    pub(crate) fn activity(&self, days: RangeInclusive<Day>) -> Result<Days, LedgerError> {
        // Memory first: a day leaves it after its row is complete.
        let totals = self.totals();
        let mut found = self.store.snapshot()?.days(days.clone())?;
        found.0.extend(totals.days.0.range(days).map(|(day, activity)| (*day, activity.clone())));
        Ok(found)
    }

    /// The last committed fact; `None` for an empty journal.
    pub(crate) fn last_fact(&self) -> Option<FactNumber> {
        let last = self.feed.next_fact().get().checked_sub(1)?;
        (last >= FactNumber::FIRST.get()).then_some(FactNumber(last))
    }
}
