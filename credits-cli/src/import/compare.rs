//! The comparison: the balance of every wallet by the gem's rows, and in the ledger.

use std::collections::BTreeMap;

use credits_runtime::Credits;

use super::error::ImportError;
use super::report::{AssetTotal, Difference};
use super::schema::Version;
use super::wallets::GemWallets;

/// Differing wallets that a report names.
const DIFFERENCES_MAX: usize = 1_000;

/// Result of a comparison.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) wallets: u64,
    pub(super) differing: u64,
    pub(super) differences: Vec<Difference>,
    pub(super) totals: Vec<AssetTotal>,
}

/// Compares all wallets at the ledger's time.
pub(super) fn compare(
    credits: &Credits<()>,
    wallets: &GemWallets,
    version: Version,
) -> Result<Compared, ImportError> {
    let mut compared = Compared::default();
    let mut totals: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
    for (id, wallet) in wallets.iter() {
        let before = wallet.balance(version.keeps_debt());
        let after = credits.wallet(&wallet.owner).of_asset_named(&wallet.asset).balance()?.get();
        let (sum_before, sum_after) = totals.entry(&wallet.asset).or_default();
        *sum_before = sum_before.saturating_add(before);
        *sum_after = sum_after.saturating_add(after.into());
        compared.wallets = compared.wallets.saturating_add(1);
        if before == i128::from(after) {
            continue;
        }
        compared.differing = compared.differing.saturating_add(1);
        if compared.differences.len() < DIFFERENCES_MAX {
            let (owner, asset) = (wallet.owner.clone(), wallet.asset.clone());
            let before = before.to_string();
            compared.differences.push(Difference { wallet: id.clone(), owner, asset, before, after });
        }
    }
    let total = |(asset, (before, after)): (&str, (i128, i128))| AssetTotal {
        asset: asset.to_owned(),
        before: before.to_string(),
        after: after.to_string(),
    };
    compared.totals = totals.into_iter().map(total).collect();
    Ok(compared)
}
