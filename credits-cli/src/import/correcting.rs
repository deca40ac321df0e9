//! Corrections: balances of wallets in which a debt was repaid with credits that expired in the gem.
//!
//! It does not know how the rows were booked.

use credits_runtime::{Category, Entry};

use super::booking::rejected;
use super::error::ImportError;
use super::filling::Filling;
use super::findings::Finding;
use super::wallets::GemWallet;

/// Reason of corrections.
const CORRECTION: &str = "import: credits that repaid a debt had expired in the gem";

/// Corrects the wallets in which this import booked a row. In one that it only repeats, the ledger has gone on by itself, and
/// in one with entries of the application the gem's balance is not the ledger's.
pub(super) fn correct(filling: &mut Filling<'_>) -> Result<(), ImportError> {
    for id in &filling.indebted {
        let (Some(gem), Some(last)) = (filling.wallets.get(id), filling.booked.get(id)) else { continue };
        let wallet = filling.wallet(gem);
        let correction = gem.balance(true).saturating_sub(wallet.balance()?.get().into());
        if correction == 0 || filling.stopped.contains(id) {
            continue;
        }
        if !is_all_imported(filling, gem)? {
            filling.findings.add(Finding::DebtUncorrected, format!("wallet {id} by {correction}"));
            continue;
        }
        let key = filling.version.key("correction", &format!("{id}:{last}"));
        let corrected = wallet.adjust_credits(correction, CORRECTION).with_debt().key(key).now().wait();
        corrected.map_err(|error| rejected(error, &format!("correction of wallet {id}"), gem))?;
        filling.findings.add(Finding::DebtCorrected, format!("wallet {id} by {correction}"));
    }
    Ok(())
}

/// Whether a wallet has entries of imports alone, and what follows from those.
fn is_all_imported(filling: &Filling<'_>, gem: &GemWallet) -> Result<bool, ImportError> {
    let mut cursor = None;
    loop {
        let page = filling.wallet(gem).credit_history().before(cursor).page()?;
        for entry in &page.entries {
            if !is_imported(filling, entry)? {
                return Ok(false);
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(true);
        }
    }
}

fn is_imported(filling: &Filling<'_>, entry: &Entry) -> Result<bool, ImportError> {
    if let Some(is_keyed) = is_keyed(filling, entry) {
        return Ok(is_keyed);
    }
    let (Some(transfer), Some(from)) = (entry.transfer, &entry.counterparty) else {
        return Ok(matches!(entry.category, Category::Expired | Category::DebtRepaid));
    };
    // The received side of a transfer has no key.
    let sender = filling.credits.wallet(from).of_asset_named(&entry.asset);
    let sent = sender.credit_history().since(entry.recorded_at).oldest_first().page()?.entries;
    let mut sent = sent.iter().filter(|sent| sent.transfer == Some(transfer));
    Ok(sent.any(|sent| is_keyed(filling, sent) == Some(true)))
}

/// Whether the key of an entry is one of an import; `None` without a key.
fn is_keyed(filling: &Filling<'_>, entry: &Entry) -> Option<bool> {
    let key = entry.key.as_ref()?.as_str();
    let is_of = |table: &str| key.starts_with(&filling.version.key(table, ""));
    Some(is_of("tx") || is_of("correction"))
}
