//! A typical ledger on SQLite: tables of wallets, grants, entries and keys, and a transaction for each spend
//! or for many.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rusqlite::{Connection, Transaction, params};

use super::micros;
use super::options::Options;
use super::turns::Part;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE wallets (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
    CREATE TABLE grants (
        id INTEGER PRIMARY KEY, wallet INTEGER NOT NULL, left INTEGER NOT NULL, expires_at INTEGER
    );
    CREATE INDEX grants_by_wallet ON grants (wallet, expires_at) WHERE left > 0;
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY, wallet INTEGER NOT NULL, amount INTEGER NOT NULL, balance_after INTEGER NOT NULL,
        operation TEXT NOT NULL, grants TEXT NOT NULL, metadata TEXT NOT NULL, at INTEGER NOT NULL
    );
    CREATE INDEX entries_by_wallet ON entries (wallet, id);
    CREATE TABLE keys (key TEXT PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
";

/// A measured database in a temporary folder.
pub struct Tables {
    connection: Connection,
    wallets: i64,
    spends: usize,
    _folder: tempfile::TempDir,
}

impl Tables {
    /// Tables of wallets with three grants each.
    pub fn new(options: &Options) -> Self {
        let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
        let mut connection = Connection::open(folder.path().join("credits.sqlite")).expect("a database");
        connection.execute_batch(SCHEMA).expect("tables");
        let filling = connection.transaction().expect("a transaction");
        let wallets = options.wallets as i64;
        for wallet in 0..wallets {
            filling
                .prepare_cached("INSERT INTO wallets VALUES (?, 3000000)")
                .and_then(|mut insert| insert.execute([wallet]))
                .expect("a wallet");
            for _ in 0..3 {
                filling
                    .prepare_cached("INSERT INTO grants (wallet, left) VALUES (?, 1000000)")
                    .and_then(|mut insert| insert.execute([wallet]))
                    .expect("a grant");
            }
        }
        filling.commit().expect("a commit");
        Self { connection, wallets, spends: 0, _folder: folder }
    }

    /// Measures spends one after the other, `batch` to a transaction. SQLite has one writer at a time, so one
    /// client is as fast as many.
    pub fn spends(&mut self, time: Duration, batch: usize) -> Part {
        let start = Instant::now();
        let mut latencies = Histogram::<u64>::new(3).expect("a histogram");
        while start.elapsed() < time {
            let begun = Instant::now();
            let transaction = self.connection.transaction().expect("a transaction");
            for _ in 0..batch {
                spend(&transaction, self.wallets, self.spends).expect("a spend");
                self.spends += 1;
            }
            transaction.commit().expect("a commit");
            latencies.record_n(micros(begun.elapsed()), batch as u64).expect("a latency");
        }
        let name = if batch == 1 {
            "SQLite FULL, one a transaction".to_owned()
        } else {
            format!("SQLite FULL, {batch} a transaction")
        };
        Part { name, latencies, time: start.elapsed(), cpu: [0.0; 2] }
    }
}

fn spend(transaction: &Transaction<'_>, wallets: i64, number: usize) -> rusqlite::Result<()> {
    let mixed = (number as u64 ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let (wallet, key) = ((mixed >> 20) as i64 % wallets, format!("{mixed:016x}"));
    let used = transaction.prepare_cached("SELECT entry FROM keys WHERE key = ?")?.exists([&key])?;
    assert!(!used, "a key is used once");
    let balance: i64 = transaction
        .prepare_cached("SELECT balance FROM wallets WHERE id = ?")?
        .query_row([wallet], |row| row.get(0))?;
    let grant: i64 = transaction
        .prepare_cached("SELECT id FROM grants WHERE wallet = ? AND left > 0 ORDER BY expires_at LIMIT 1")?
        .query_row([wallet], |row| row.get(0))?;
    transaction.prepare_cached("UPDATE grants SET left = left - 1 WHERE id = ?")?.execute([grant])?;
    transaction.prepare_cached("UPDATE wallets SET balance = balance - 1 WHERE id = ?")?.execute([wallet])?;
    transaction
        .prepare_cached(
            "INSERT INTO entries (wallet, amount, balance_after, operation, grants, metadata, at)
             VALUES (?, -1, ?, 'step', ?, ?, ?)",
        )?
        .execute(params![
            wallet,
            balance - 1,
            format!("[[{grant},1]]"),
            format!("{{\"job\":{number}}}"),
            1_767_225_600_000_000_i64
        ])?;
    let entry = transaction.last_insert_rowid();
    transaction.prepare_cached("INSERT INTO keys VALUES (?, ?)")?.execute(params![key, entry])?;
    Ok(())
}
