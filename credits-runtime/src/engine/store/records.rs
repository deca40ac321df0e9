//! Records in a snapshot.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use minicbor::Decode;

use super::merged::Row;
use super::snapshot::Snapshot;
use crate::domain::activity::{Day, DayActivity, Days};
use crate::domain::billing::objects::Object;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::declarations::Catalogues;
use crate::domain::fingerprint::Hash64;
use crate::domain::ids::{Asset, FactNumber, ObjectId, Owner, WalletId};
use crate::domain::low_balances::LowBalances;
use crate::domain::owner_range::OwnerRange;
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::engine::rows::{self, BillingRow, Milestone, Scheduled, WalletRow};
use crate::error::LedgerError;

impl Snapshot {
    /// A wallet; an empty one if it has no row.
    pub(crate) fn wallet(&self, id: &WalletId) -> Result<WalletRow, LedgerError> {
        let row = self.view(&rows::wallet_key(id))?;
        row.map_or_else(|| Ok(WalletRow::default()), |row| rows::wallet_from_bytes(&row))
    }

    /// The milestone of a wallet at this ordinal, which is a multiple of the distance between milestones.
    pub(crate) fn milestone(
        &self,
        wallet: &WalletId,
        ordinal: u64,
    ) -> Result<Option<Milestone>, LedgerError> {
        self.view(&rows::milestone_key(wallet, ordinal))?.map(|row| rows::decode(&row)).transpose()
    }

    /// An owner's billing; an empty one if it has no row.
    pub(crate) fn billing(&self, owner: &Owner) -> Result<BillingRow, LedgerError> {
        let row = self.view(&rows::billing_key(owner))?;
        row.map_or_else(|| Ok(BillingRow::default()), |row| rows::billing_from_bytes(&row))
    }

    /// An object at a payment processor; an empty one if it has no row.
    pub(crate) fn object(&self, id: &ObjectId) -> Result<Object, LedgerError> {
        self.record(&rows::object_key(id))
    }

    /// The list of declared catalogues.
    pub(crate) fn catalogues(&self) -> Result<Catalogues, LedgerError> {
        self.record(rows::CATALOGUES_KEY)
    }

    /// The totals, with the activity of the last day.
    pub(crate) fn totals(&self) -> Result<Totals, LedgerError> {
        let Some(row) = self.view(rows::TOTALS_KEY)? else { return Ok(Totals::default()) };
        let mut totals = rows::totals_from_bytes(&row)?;
        let last = self.view_rows(rows::DAY_KEYS, None, 1)?;
        totals.days = Days(last.iter().map(day_from_row).collect::<Result<_, _>>()?);
        Ok(totals)
    }

    /// The activity of days that have a row.
    pub(crate) fn days(&self, days: RangeInclusive<Day>) -> Result<Days, LedgerError> {
        let from = rows::day_key(*days.end());
        // No key of a day is longer.
        let to = [&rows::day_key(*days.start())[..], &[0]].concat();
        let found = self.view_rows((&from, &to), None, usize::MAX)?;
        Ok(Days(found.iter().map(day_from_row).collect::<Result<_, _>>()?))
    }

    /// The first rows of the agenda, up to a number of them.
    pub(crate) fn agenda(&self, max: usize) -> Result<Vec<(Timestamp, Scheduled)>, LedgerError> {
        let keys = self.view_keys(rows::AGENDA_KEYS, None, max)?;
        keys.iter().map(|key| rows::agenda_from_key(key)).collect()
    }

    /// The thresholds by which wallets are listed for attention; `None` if a change to others was interrupted.
    pub(crate) fn low_balances(&self) -> Result<Option<LowBalances>, LedgerError> {
        let row = self.view(rows::LOW_BALANCES_KEY)?;
        row.map_or_else(|| Ok(Some(LowBalances::default())), |row| rows::decode(&row))
    }

    /// The number of the catalogue by which wallets have covers; `None` if a change to another one's was interrupted.
    pub(crate) fn covers(&self) -> Result<Option<u32>, LedgerError> {
        self.view(rows::COVERS_KEY)?.map_or(Ok(None), |row| rows::decode(&row))
    }

    /// The owners of a range with a wallet of an asset.
    pub(crate) fn owners_of(&self, asset: &Asset, range: &OwnerRange) -> Result<Vec<Owner>, LedgerError> {
        let key = |owner: &Owner| rows::wallet_key(&WalletId::of_asset(asset.clone(), owner.clone()));
        self.owners_between(key, range, rows::wallet_from_key)
    }

    /// The owners of a range with a wallet of an asset that is listed for attention.
    pub(crate) fn low_owners(&self, asset: &Asset, range: &OwnerRange) -> Result<Vec<Owner>, LedgerError> {
        let key = |owner: &Owner| {
            rows::attention_key(&rows::wallet_key(&WalletId::of_asset(asset.clone(), owner.clone())))
        };
        self.owners_between(key, range, |key| rows::wallet_from_key(key.get(1..)?))
    }

    fn owners_between(
        &self,
        key: impl Fn(&Owner) -> Vec<u8>,
        OwnerRange { prefix, after, max }: &OwnerRange,
        wallet: impl Fn(&[u8]) -> Option<WalletId>,
    ) -> Result<Vec<Owner>, LedgerError> {
        let from = key(&Owner::bound(prefix));
        // No name has this byte, because names are UTF-8.
        let to = [&from[..], &[u8::MAX]].concat();
        let after = after.as_ref().map(key).filter(|after| *after >= from);
        if after.as_ref().is_some_and(|after| *after >= to) {
            return Ok(Vec::new());
        }
        let keys = self.view_keys((&from, &to), after.as_deref(), *max)?;
        keys.iter().map(|key| Ok(wallet(key).ok_or_else(unreadable)?.owner)).collect()
    }

    /// Owners whose billing has a row, after an owner, up to a number of them.
    pub(crate) fn billed_owners(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        let after = after.map(rows::billing_key);
        let keys = self.view_keys(rows::BILLING_KEYS, after.as_deref(), max)?;
        keys.iter().map(|key| rows::billing_from_key(key).ok_or_else(unreadable)).collect()
    }

    /// Owners whose billing needs attention, after an owner, up to a number of them.
    pub(crate) fn attention(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        let after = after.map(|owner| rows::attention_key(&rows::billing_key(owner)));
        let keys = self.view_keys(rows::BILLING_ATTENTION_KEYS, after.as_deref(), max)?;
        let owner = |key: &Vec<u8>| key.get(1..).and_then(rows::billing_from_key).ok_or_else(unreadable);
        keys.iter().map(owner).collect()
    }

    /// The waiting room.
    pub(crate) fn waiting_room(&self) -> Result<WaitingRoom, LedgerError> {
        self.record(rows::WAITING_ROOM_KEY)
    }

    /// The index of an object's waiting events: their numbers and hashes.
    pub(crate) fn waiting_under(&self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, LedgerError> {
        let (from, to) = rows::waiting_keys(id);
        let found = self.view_rows((&from, &to), None, usize::MAX)?.into_iter().map(|row| {
            let (_, number) = rows::waiting_from_key(&row.key).ok_or_else(unreadable)?;
            Ok((number, row.value.try_into().map_err(|_| unreadable())?))
        });
        found.collect()
    }

    /// The waiting event with this number.
    pub(crate) fn waiting_event(&self, number: FactNumber) -> Result<Option<WaitingEvent>, LedgerError> {
        self.view(&rows::waiting_event_key(number))?.map(|row| rows::decode(&row)).transpose()
    }

    /// Waiting events in the order of their numbers, after a number if one is given, up to a number of them.
    pub(crate) fn waiting_events(
        &self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        let after = after.map(rows::waiting_event_key);
        let found = self.view_rows(rows::WAITING_EVENT_KEYS, after.as_deref(), max)?.into_iter().map(|row| {
            let number = rows::waiting_event_from_key(&row.key).ok_or_else(unreadable)?;
            Ok((number, rows::decode(&row.value)?))
        });
        found.collect()
    }

    /// A record; an empty one if it has no row.
    fn record<R: Record + Default + for<'b> Decode<'b, ()>>(&self, key: &[u8]) -> Result<R, LedgerError> {
        self.view(key)?.map_or_else(|| Ok(R::default()), |row| rows::record_from_bytes(&row))
    }
}

fn day_from_row(row: &Row) -> Result<(Day, DayActivity), LedgerError> {
    Ok((rows::day_from_key(&row.key).ok_or_else(unreadable)?, rows::decode(&row.value)?))
}

fn unreadable() -> LedgerError {
    LedgerError::damaged("a row cannot be read")
}
