//! When something is due in wallets whose rows do not say so: what the agenda's rows lack.

use std::collections::BTreeSet;

use crate::domain::ids::WalletId;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;

/// When something is due in wallets whose rows do not say so.
#[derive(Debug, Default)]
pub(crate) struct Agenda(BTreeSet<(Timestamp, WalletId)>);

impl Agenda {
    /// When something is due in a wallet before its row says so.
    pub(crate) fn unfiled(wallet: &Wallet) -> Option<Timestamp> {
        wallet.next_due_at().filter(|due| wallet.agenda.is_none_or(|filed| *due < filed))
    }

    /// It was this, and is that.
    pub(crate) fn moved(&mut self, id: &WalletId, from: Option<Timestamp>, to: Option<Timestamp>) {
        if from == to {
            return;
        }
        if let Some(due) = from {
            self.0.remove(&(due, id.clone()));
        }
        self.0.extend(to.map(|due| (due, id.clone())));
    }

    /// What is due first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Timestamp, WalletId)> {
        self.0.iter()
    }
}
