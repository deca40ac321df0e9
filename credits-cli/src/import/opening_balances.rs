//! Opening balances: what is left of each grant, and each debt, at the time of the import.

use serde_json::{Map, json};

use super::database::Database;
use super::error::ImportError;
use super::filling::{Booking, Filling, Gift};
use super::row::{Row, Side};
use super::schema::Schema;

/// The part of a key that says that an entry is the debt of a wallet.
pub(super) const DEBT_TABLE: &str = "debt";
/// Category of debts.
const DEBT: &str = "credit_deducted";

/// Gives what is left.
pub(super) fn fill(
    database: &mut dyn Database,
    schema: &Schema,
    filling: &mut Filling<'_>,
) -> Result<(), ImportError> {
    let now = filling.options.now;
    filling.clock.advance_to(now);
    database.each(&schema.transactions(), &mut |cells| {
        let Ok(row) = Row::of(cells) else { return Ok(()) };
        filling.rows.read = filling.rows.read.saturating_add(1);
        if !row.is_open(now) {
            filling.rows.joined = filling.rows.joined.saturating_add(1);
            return Ok(());
        }
        let mut more = Map::new();
        more.insert("given_at".to_owned(), json!(row.at));
        filling.give(&row, Gift { amount: row.left(), more })
    })?;
    if schema.version.keeps_debt() {
        let indebted = filling.wallets.iter().filter(|(_, wallet)| wallet.debt() > 0);
        for id in indebted.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            owe(filling, &id)?;
        }
    }
    Ok(())
}

/// Takes the debits of a wallet that no credits back, as a debt as far as its credits do not cover them.
fn owe(filling: &mut Filling<'_>, id: &str) -> Result<(), ImportError> {
    let Some(wallet) = filling.wallets.get(id) else { return Ok(()) };
    let row = Row {
        id: format!("debt of wallet {id}"),
        wallet: id.to_owned(),
        amount: 0,
        category: DEBT.to_owned(),
        expires_at: None,
        has_far_expiry: false,
        at: filling.options.now,
        is_moved: false,
        metadata: None,
        fulfillment: None,
        backed: 0,
        used: 0,
        side: Side::None,
    };
    if filling.leaves_out(&row) {
        return Ok(());
    }
    let key = filling.version.key(DEBT_TABLE, id);
    let deduct = filling
        .wallet(wallet)
        .deduct_credits(wallet.debt(), "opening balance: debt")
        .key(key.as_str())
        .with_debt();
    let amount = wallet.debt().saturating_neg();
    let booking = Booking { row: &row, wallet, key, amount };
    filling.settle(&booking, deduct.now(), |receipt| receipt.replayed)
}
