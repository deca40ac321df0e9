//! Low balances: the highest threshold of each asset, below which a wallet's balance is low.

use std::collections::BTreeMap;

use credits_core::Threshold;
use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::ids::WalletId;
use super::wallet::Wallet;

/// The highest threshold of each asset that has one, by the asset's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct LowBalances(#[n(0)] BTreeMap<String, Amount>);

impl LowBalances {
    /// The highest of these thresholds for each asset.
    pub fn of(thresholds: &[Threshold]) -> Self {
        let mut highest = BTreeMap::<String, Amount>::new();
        for Threshold { asset, amount } in thresholds {
            let known = highest.entry((*asset).to_owned()).or_default();
            *known = (*known).max(Amount::new(*amount));
        }
        Self(highest)
    }

    /// The highest threshold of a wallet's asset.
    pub fn threshold(&self, id: &WalletId) -> Option<Amount> {
        self.0.get(id.asset.name()).copied()
    }

    /// Whether the balance of a wallet is below the highest threshold of its asset. A wallet without entries is not low.
    pub fn has(&self, id: &WalletId, wallet: &Wallet) -> bool {
        wallet.has_entries() && self.threshold(id).is_some_and(|threshold| wallet.balance < threshold)
    }
}
