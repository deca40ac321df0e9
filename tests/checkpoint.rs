//! Dirty wallet rows, as an opening after a kill finds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock as _, Entry, Timestamp, usage_credits};
use tempfile::TempDir;

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

const WALLETS: usize = 10;

/// Paths of a ledger and of its image after a kill, and a clock for both.
fn places() -> (TempDir, [PathBuf; 2], ManualClock) {
    let folder = tempfile::tempdir().unwrap();
    let files = ["credits.redb", "killed.redb"].map(|name| folder.path().join(name));
    (folder, files, ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()))
}

/// Copies the files of a ledger between its commits, as a kill would leave them. The ledger's file is copied
/// first: the log still has what a checkpoint writes in between.
fn copy(path: &Path, image: &Path) {
    for suffix in ["redb", "redb-log"] {
        fs::copy(path.with_extension(suffix), image.with_extension(suffix)).unwrap();
    }
}

/// A rejected command reads its wallet and changes nothing. When the same commit also wrote that wallet's
/// row, the wallet left the list of dirty wallets and kept its dirty mark. Later changes were then neither
/// written back nor replayed, and an opening after a kill found a row without them.
#[test]
fn a_wallet_that_a_rejected_command_looked_at_is_written_as_any_other() {
    let (_folder, [path, image], clock) = places();
    let open = |path| Credits::builder().clock(clock.clone()).stress_maintenance().open(path).unwrap();
    let credits = open(&path);
    for round in 0..200 {
        let given = credits.wallet(format!("user:{}", round % WALLETS)).give_credits(1).now();
        let refused = (0..WALLETS).map(|number| {
            let wallet = credits.wallet(format!("user:{number}"));
            wallet.spend_credits_on(Operation::step(1_000)).now()
        });
        let refused: Vec<_> = refused.collect();
        drop(given.wait().unwrap());
        assert!(refused.into_iter().all(|reply| reply.wait().is_err()));
        if round % 20 == 19 {
            copy(&path, &image);
            let found = open(&image);
            found.verify().unwrap();
            let sum: i64 = (0..WALLETS)
                .map(|number| found.wallet(format!("user:{number}")).credits().unwrap().get())
                .sum();
            assert_eq!(sum, i64::try_from(round).unwrap() + 1);
            found.close().unwrap();
        }
    }
}

/// Every entry of a wallet, oldest first.
fn followed(wallet: &Wallet) -> Vec<Entry> {
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let page = wallet.credit_history().oldest_first().limit(50).after(cursor).page().unwrap();
        entries.extend(page.entries);
        cursor = page.next;
        if cursor.is_none() {
            return entries;
        }
    }
}

/// Milestones are written back with the row of their wallet. A history is whole while several batches have
/// some of its milestones, after their write-back, and after a kill.
#[test]
fn a_history_is_followed_whether_its_milestones_are_written_or_not() {
    let (_folder, [path, image], clock) = places();
    let open = |path| Credits::builder().clock(clock.clone()).stress_maintenance().open(path).unwrap();
    let credits = open(&path);
    let owners = ["busy", "calm", "idle"];
    for owner in owners {
        credits.wallet(owner).give_credits(100_000).now().wait().unwrap();
    }
    let mut spent = [0; 3];
    let mut balances = Vec::new();
    for round in 0..30 {
        clock.advance(Duration::from_secs(1));
        let spends: Vec<_> = (0..100 * (round % 5))
            .map(|count| {
                let place = if count % 20 == 0 { 1 + round % 2 } else { usize::from(count % 3 == 0) };
                spent[place] += 1;
                credits.wallet(owners[place]).spend_credits_on(Operation::step(1)).now()
            })
            .collect();
        // A read during the spends returns a part of them.
        assert!(owners.iter().all(|owner| !followed(&credits.wallet(*owner)).is_empty()));
        for spend in spends {
            spend.wait().unwrap();
        }
        balances.push((clock.now(), spent.map(|spent| 100_000 - spent)));
        let check = |credits: &Credits| {
            for (place, owner) in owners.iter().enumerate() {
                let (wallet, count) = (credits.wallet(*owner), spent[place]);
                let entries = followed(&wallet);
                let after: Vec<i64> = entries.iter().map(|entry| entry.balance_after.get()).collect();
                assert!(after.into_iter().eq((0..=count).map(|spent| 100_000 - spent)), "{owner}");
                for (at, balances) in &balances {
                    assert_eq!(wallet.balance_at(*at).unwrap().get(), balances[place], "{owner} at {at}");
                }
            }
        };
        check(&credits);
        if round % 3 == 0 {
            copy(&path, &image);
            let found = open(&image);
            found.verify().unwrap();
            check(&found);
            found.close().unwrap();
        }
    }
    assert!(spent.iter().all(|spent| *spent > 64), "{spent:?}");
}
