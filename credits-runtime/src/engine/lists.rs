//! Lists of records: assets, owners by name, records with due work, and activity by day.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::core::{Core, Engine, on};
use super::rows::Scheduled;
use crate::domain::activity::{Day, Days};
use crate::domain::amount::Amount;
use crate::domain::ids::{Asset, Owner, WalletId};
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
        self.read_terms();
        let terms = self.terms.all();
        let declared = terms.values().flat_map(|terms| &terms.data.assets);
        let named: BTreeSet<Asset> = declared.map(|asset| Asset::of(&asset.name)).collect();
        std::iter::once(Asset::credits()).chain(named).collect()
    }

    /// The owners of a range with a wallet of an asset.
    pub(crate) fn owners_of(&self, asset: &Asset, range: &OwnerRange) -> Result<Vec<Owner>, LedgerError> {
        on!(self, engine => engine.owners_of(asset, range))
    }

    /// The wallets of an asset with a low balance, of the owners of a range.
    pub(crate) fn low(
        &self,
        asset: &Asset,
        mut range: OwnerRange,
    ) -> Result<Vec<(WalletId, Wallet)>, LedgerError> {
        let (mut found, max) = (Vec::new(), range.max);
        loop {
            let listed = on!(self, engine => engine.low_owners(asset, &range))?;
            let is_last = listed.len() < max;
            for owner in listed {
                range.after = Some(owner.clone());
                let id = WalletId::of_asset(asset.clone(), owner);
                // Its balance may have risen since it was listed.
                let wallet = self.wallet(&id)?;
                if self.low_balances.has(&id, &wallet) {
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
        self.low_balances.threshold(id)
    }

    /// Records that may have due work by an instant, earliest first, up to a number of them.
    pub(crate) fn due_records(&self, until: Timestamp, max: usize) -> Result<DueRecords, LedgerError> {
        let mut due = on!(self, engine => engine.scheduled(max.saturating_add(1)))?;
        due.retain(|(at, _)| *at <= until);
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
        on!(self, engine => engine.activity(days))
    }
}
