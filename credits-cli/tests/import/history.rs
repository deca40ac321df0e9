//! The whole history: every row at its own time, with the gem's allocations, and every balance equal.

use std::collections::BTreeMap;
use std::path::Path;

use credits_cli::import::{self, Execution, Options, Report};
use credits_runtime::{Category, FactNumber, OwnedEntry};

use crate::cluster::Cluster;
use crate::databases::{sqlite, statements};
use crate::recorded::{Rows, Transaction, Wallet};
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

/// The versions of the gems, with the scenarios of their engines.
const VERSIONS: [(Schema, &str); 3] =
    [(Schema::UsageCredits05, "credits"), (Schema::UsageCredits10, "credits"), (Schema::Wallets, "wallets")];

pub fn options(ledger: &Path, database: &str, rows: &Rows) -> Options {
    let mut options = Options::new(ledger, database, rows.until());
    options.assets.insert("gems".to_owned(), "gem".to_owned());
    options
}

/// Compares a ledger with what the gem did.
fn compare(ledger: &Path, rows: &Rows, schema: Schema, report: &Report) {
    assert!(report.is_equal(), "{report}");
    assert_eq!(report.wallets, rows.wallets.len() as u64);
    let credits = Credits::builder().confirm_clock().open_read_only(ledger).unwrap();
    for wallet in &rows.wallets {
        let owned = wallet_of(&credits, wallet);
        if !wallet.may_owe {
            assert_eq!(owned.balance_at(wallet.until).unwrap(), wallet.live, "{wallet:?}");
        }
    }
    credits.verify().unwrap();
    entries(&credits, rows, schema);
}

pub fn wallet_of(credits: &Credits, wallet: &Wallet) -> crate::Wallet {
    let asset = if wallet.asset == "gems" { "gem" } else { &wallet.asset };
    credits.wallet(format!("user:{}", wallet.owner)).of_asset_named(asset)
}

/// Compares the entries: amounts, categories, times, expiries, owners, allocations.
fn entries(credits: &Credits, rows: &Rows, schema: Schema) {
    let prefix = if schema == Schema::Wallets { "wallets:tx:" } else { "tx:" };
    let mut found: BTreeMap<i64, Vec<OwnedEntry>> = BTreeMap::new();
    let mut sent = BTreeMap::new();
    for owned in all_entries(credits) {
        let entry = &owned.entry;
        // The received side of a transfer has no key: it is of the command that sent it.
        let row_key = entry.key.as_ref().filter(|key| !key.as_str().contains("correction:"));
        let id = match (row_key, entry.transfer) {
            (Some(key), transfer) => {
                let id = key.as_str().strip_prefix(prefix).unwrap().parse().unwrap();
                sent.extend(transfer.map(|transfer| (transfer, id)));
                id
            }
            (None, Some(transfer)) => sent[&transfer],
            (None, None) => {
                let own = [Category::Expired, Category::DebtRepaid, Category::ManualAdjustment];
                assert!(own.contains(&entry.category), "{owned:?}");
                continue;
            }
        };
        found.entry(id).or_default().push(owned);
    }
    let mut numbers: BTreeMap<i64, FactNumber> = BTreeMap::new();
    let mut compared = 0;
    for rows_of_key in by_key(rows) {
        let of_key = &found[&rows_of_key[0].id];
        assert_eq!(of_key.len(), rows_of_key.len(), "{rows_of_key:?}");
        for (row, owned) in rows_of_key.iter().zip(of_key) {
            let wallet = rows.wallets.iter().find(|wallet| wallet.id == row.wallet).unwrap();
            let entry = &owned.entry;
            let ours = (
                owned.owner.as_str(),
                entry.amount.get(),
                entry.category.name(),
                entry.recorded_at,
                entry.expires_at,
            );
            let theirs =
                (&*format!("user:{}", wallet.owner), row.amount, &*row.category, row.at, row.expires_at);
            assert_eq!(ours, theirs);
            numbers.insert(row.id, entry.number);
            let taken = rows.allocations.iter().filter(|taken| taken.transaction == row.id);
            let theirs: Vec<_> = taken.map(|taken| (numbers[&taken.source], taken.amount)).collect();
            let ours: Vec<_> = entry.allocations.iter().map(|part| (part.grant, part.amount.get())).collect();
            assert!(ours == theirs || wallet.may_owe, "allocations of {row:?}: {ours:?}, {theirs:?}");
            compared += 1;
        }
    }
    assert_eq!(compared, rows.transactions.len());
}

/// All entries, oldest first.
fn all_entries(credits: &Credits) -> Vec<OwnedEntry> {
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let page = credits.entries().before(cursor).page().unwrap();
        entries.extend(page.entries);
        cursor = page.next;
        if cursor.is_none() {
            entries.reverse();
            return entries;
        }
    }
}

/// The rows of each key: one, or the sides of a transfer.
fn by_key(rows: &Rows) -> Vec<Vec<&Transaction>> {
    let mut keys: Vec<Vec<&Transaction>> = Vec::new();
    for row in &rows.transactions {
        match keys.last_mut() {
            Some(last) if row.transfer.is_some() && last[0].transfer == row.transfer => last.push(row),
            _ => keys.push(vec![row]),
        }
    }
    keys
}

fn check(database: &str, rows: &Rows, schema: Schema) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("credits.redb");
    let mut options = options(&ledger, database, rows);
    options.execution = Execution::DryRun;
    let dry = import::run::<Pricing>(&options).unwrap();
    assert!(!ledger.exists());
    options.execution = Execution::Import;
    let report = import::run::<Pricing>(&options).unwrap();
    assert_eq!(report.rows, dry.rows);
    assert_eq!(report.rows.read, rows.transactions.len() as u64);
    assert_eq!(report.rows.booked + report.rows.joined, report.rows.read);
    compare(&ledger, rows, schema, &report);
    let again = import::run::<Pricing>(&options).unwrap();
    assert_eq!((again.rows.booked, again.rows.repeated), (0, report.rows.booked));
    compare(&ledger, rows, schema, &again);
}

#[test]
fn a_sqlite_database_of_the_gem_is_imported_with_every_balance_equal() {
    let mut transactions = 0;
    for (schema, engine) in VERSIONS {
        let rows = Rows::of(engine);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("production.sqlite3");
        sqlite(&file, &statements(&rows, schema, System::Sqlite));
        check(file.to_str().unwrap(), &rows, schema);
        transactions += if schema == Schema::UsageCredits10 { 0 } else { rows.transactions.len() };
    }
    assert_eq!(transactions, 2_112);
}

#[test]
fn debts_of_wallets_end_in_the_balance_that_the_gem_recorded() {
    let mut owing = 0;
    for rows in Rows::of_each("wallets").iter().filter(|rows| rows.wallets[0].may_owe) {
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
        sqlite(&file, &statements(rows, Schema::Wallets, System::Sqlite));
        let report = import::run::<Pricing>(&options(&ledger, file.to_str().unwrap(), rows)).unwrap();
        assert!(report.is_equal(), "{report}");
        let credits = Credits::builder().confirm_clock().open_read_only(&ledger).unwrap();
        for wallet in &rows.wallets {
            let balance = wallet_of(&credits, wallet).balance_at(rows.until()).unwrap();
            assert_eq!(balance, wallet.live, "{wallet:?}");
            owing += usize::from(wallet.live < 0);
        }
    }
    assert!(owing > 5, "only {owing} wallets are in debt");
}

#[test]
fn a_postgres_database_of_the_gem_is_imported_with_every_balance_equal() {
    let Some(cluster) = Cluster::start() else { return };
    for (schema, engine) in VERSIONS {
        let rows = Rows::of(engine);
        let url = cluster.database();
        cluster.run(&url, &statements(&rows, schema, System::Postgres));
        check(&url, &rows, schema);
    }
}
