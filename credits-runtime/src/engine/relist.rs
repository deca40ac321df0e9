//! Lists wallets with a low balance anew, after the application's thresholds have changed.

use super::rows::{self, WalletRow};
use super::store::{Changes, Store};
use super::tuning::ROWS_AT_ONCE;
use crate::domain::low_balances::LowBalances;
use crate::error::LedgerError;

/// Wallets that are moved on or off the list before a checkpoint writes them, which bounds the memory they take.
const MOVED_MAX: usize = 16_384;

/// Says that the list for attention changes, unless it was made with these thresholds. Comes before the first row that
/// is written with them. Returns whether it changes.
pub(super) fn begin_relisting(store: &Store, thresholds: &LowBalances) -> Result<bool, LedgerError> {
    let is_same = store.snapshot()?.low_balances()?.is_some_and(|stored| stored == *thresholds);
    if !is_same {
        let mut changes = Changes::default();
        changes.put_low_balances(None);
        store.publish(changes);
    }
    Ok(!is_same)
}

/// Moves wallets on and off the list for attention. Reads every wallet's row, when no wallet is dirty. The thresholds
/// are written last: if this is interrupted, the next opening begins again, whatever its thresholds are.
pub(super) fn relist(store: &Store, thresholds: &LowBalances, is_read_only: bool) -> Result<(), LedgerError> {
    let snapshot = store.snapshot()?;
    let (mut after, mut moved): (Option<Vec<u8>>, usize) = (None, 0);
    loop {
        let found = snapshot.view_rows(rows::WALLET_KEYS, after.as_deref(), ROWS_AT_ONCE)?;
        let mut changes = Changes::default();
        for row in &found {
            let broken = || LedgerError::damaged("the row of a wallet cannot be read");
            let id = rows::wallet_from_key(&row.key).ok_or_else(broken)?;
            let WalletRow { wallet, filed } = rows::wallet_from_bytes(&row.value)?;
            let is_low = thresholds.has(&id, &wallet);
            if is_low != filed.needs_attention {
                changes.put_wallet(&id, &wallet, (filed, is_low), &[]);
                moved = moved.saturating_add(1);
            }
        }
        store.publish(changes);
        if moved >= MOVED_MAX && !is_read_only {
            store.checkpoint()?;
            moved = 0;
        }
        let Some(last) = found.into_iter().next_back() else { break };
        after = Some(last.key);
    }
    let mut changes = Changes::default();
    changes.put_low_balances(Some(thresholds));
    store.publish(changes);
    if is_read_only { Ok(()) } else { store.checkpoint().map(drop) }
}
