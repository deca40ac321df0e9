//! Databases: rows as statements, in a SQLite file or in a database of a cluster.

use std::fmt::Display;
use std::path::Path;

use credits_runtime::Timestamp;

use crate::recorded::Rows;
use crate::tables::{Schema, System};

/// A time as Rails writes it.
pub fn time(at: Timestamp) -> String {
    let text = at.to_string().replace('T', " ").replace('Z', "");
    let (seconds, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("'{seconds}.{fraction:0<6}'")
}

fn or_null(value: Option<impl Display>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| value.to_string())
}

/// The statements that create and fill the tables.
pub fn statements(rows: &Rows, schema: Schema, system: System) -> String {
    schema.create(system) + &filled(rows, schema)
}

/// The statements that fill the tables.
pub fn filled(rows: &Rows, schema: Schema) -> String {
    let p = schema.prefix();
    let has_transfers = schema != Schema::UsageCredits05;
    let mut inserts = Vec::new();
    for wallet in &rows.wallets {
        let (column, asset) = if has_transfers {
            (", asset_code", format!(", '{}'", wallet.asset))
        } else {
            ("", String::new())
        };
        let began = time(credits_runtime::Timestamp::MIN);
        inserts.push(format!(
            "INSERT INTO {p}wallets (id, owner_type, owner_id, balance, created_at, updated_at{column}) \
             VALUES ({}, 'User', {}, {}, {began}, {began}{asset});\n",
            wallet.id, wallet.owner, wallet.stored
        ));
    }
    for transfer in &rows.transfers {
        let at = time(transfer.at);
        inserts.push(format!(
            "INSERT INTO {p}transfers (id, from_wallet_id, to_wallet_id, asset_code, amount, expiration_policy, created_at, updated_at) \
             VALUES ({}, {}, {}, '{}', {}, '{}', {at}, {at});\n",
            transfer.id, transfer.from, transfer.to, transfer.asset, transfer.amount, transfer.policy
        ));
    }
    for row in &rows.transactions {
        let (column, transfer) = if has_transfers {
            (", transfer_id", format!(", {}", or_null(row.transfer)))
        } else {
            ("", String::new())
        };
        let at = time(row.at);
        inserts.push(format!(
            "INSERT INTO {p}transactions (id, wallet_id, amount, category, expires_at, metadata, created_at, updated_at{column}) \
             VALUES ({}, {}, {}, '{}', {}, '{}', {at}, {at}{transfer});\n",
            row.id,
            row.wallet,
            row.amount,
            row.category,
            or_null(row.expires_at.map(time)),
            row.metadata.to_string().replace('\'', "''"),
        ));
    }
    for row in &rows.allocations {
        let at = time(row.at);
        inserts.push(format!(
            "INSERT INTO {p}allocations (id, transaction_id, source_transaction_id, amount, created_at, updated_at) \
             VALUES ({}, {}, {}, {}, {at}, {at});\n",
            row.id, row.transaction, row.source, row.amount
        ));
    }
    inserts.concat()
}

/// Runs statements in a SQLite file.
pub fn sqlite(file: &Path, statements: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection
        .execute_batch(&format!("PRAGMA foreign_keys = off; BEGIN; {statements}; COMMIT;"))
        .unwrap_or_else(|error| panic!("{error}"));
}
