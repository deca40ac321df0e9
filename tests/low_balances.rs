//! The list of low balances: it has the owners that a reading of every wallet finds, whatever is written.

use std::fs;
use std::path::Path;

use credits_runtime::generated::Pricing;
use credits_runtime::testing::ManualClock;
use credits_runtime::{LowBalance, Timestamp};

use crate::power::random::Random;

mod before {
    credits_runtime::usage_credits! {
        settings { low_balance_threshold 20.credits, 5.credits, 3.gems }
        asset gem
        operation step { costs 1.credit_per(page) }
        operation polish { costs 1.gem_per(piece) }
    }
}

mod raised {
    credits_runtime::usage_credits! {
        settings { low_balance_threshold 40.credits }
        asset gem
        operation step { costs 1.credit_per(page) }
        operation polish { costs 1.gem_per(piece) }
    }
}

mod none {
    credits_runtime::usage_credits! {
        asset gem
        operation step { costs 1.credit_per(page) }
        operation polish { costs 1.gem_per(piece) }
    }
}

use before::{Asset, Credits, Operation};

fn clock() -> ManualClock {
    ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap())
}

/// The low balances of credits, read page by page.
fn low<C: Pricing>(credits: &credits_runtime::Credits<C>, prefix: &str, limit: usize) -> Vec<(String, i64)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let mut query = credits.low().starting_with(prefix).limit(limit);
        if let Some(after) = &after {
            query = query.after(after);
        }
        let page = query.page().unwrap();
        assert!(page.owners.len() <= limit);
        found.extend(page.owners.iter().map(|low| (low.owner.as_str().to_owned(), low.balance.get())));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// The owners with a balance of credits below a threshold, by reading every wallet.
fn expected<C: Pricing>(
    credits: &credits_runtime::Credits<C>,
    prefix: &str,
    threshold: i64,
) -> Vec<(String, i64)> {
    let owners = credits.owners().starting_with(prefix).limit(1_000).page().unwrap().owners;
    let of_credits = owners.into_iter().filter_map(|owner| {
        let has_entries = credits.assets_of(&owner).unwrap().contains(&"credits".to_owned());
        let balance = credits.wallet(&owner).balance().unwrap().get();
        (has_entries && balance < threshold).then(|| (owner.as_str().to_owned(), balance))
    });
    of_credits.collect()
}

fn copy(from: &Path, to: &Path) {
    for suffix in ["redb", "redb-log"] {
        fs::copy(from.with_extension(suffix), to.with_extension(suffix)).unwrap();
    }
}

#[test]
fn owners_are_listed_below_the_highest_threshold_whatever_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let [path, killed] = ["credits.redb", "killed.redb"].map(|name| folder.path().join(name));
    let clock = clock();
    let open = |path: &Path| Credits::builder().clock(clock.clone()).stress_maintenance().open(path).unwrap();
    let mut random = Random::new(17, 0);
    let mut credits = open(&path);
    let mut most = 0;
    for round in 0..400 {
        let owner = format!("{}:{}", random.choose(&["team", "user"]), random.below(12));
        let wallet = credits.wallet(&owner);
        // Rejected commands are ignored.
        match random.below(5) {
            0 => drop(wallet.give_credits(random.amount(60)).now().wait().unwrap()),
            1 => drop(wallet.of(Asset::Gems).give_credits(random.amount(6)).now().wait().unwrap()),
            2 => drop(wallet.deduct_credits(random.amount(30), "test").now().wait()),
            _ => drop(wallet.spend_credits_on(Operation::step(random.amount(30))).now().wait()),
        }
        if round % 20 == 0 {
            for (prefix, limit) in [("", 1_000), ("", 3), ("team:", 2), ("user:1", 5), ("x", 4)] {
                assert_eq!(
                    low(&credits, prefix, limit),
                    expected(&credits, prefix, 20),
                    "{prefix} in {round}"
                );
            }
            most = most.max(low(&credits, "", 100).len());
            credits.verify().unwrap();
        }
        match round % 100 {
            30 => {
                copy(&path, &killed);
                let found = open(&killed);
                assert_eq!(low(&found, "", 100), low(&credits, "", 100));
                found.verify().unwrap();
                found.close().unwrap();
            }
            70 => {
                let before = low(&credits, "", 100);
                credits.close().unwrap();
                credits = open(&path);
                assert_eq!(low(&credits, "", 100), before);
            }
            _ => {}
        }
    }
    assert!(most > 5);
}

#[test]
fn another_asset_has_its_own_threshold() {
    let credits = Credits::in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(100).now().wait().unwrap();
    ann.of(Asset::Gems).give_credits(2).now().wait().unwrap();
    assert_eq!(low(&credits, "", 10), []);
    let page = credits.low().of(Asset::Gems).page().unwrap();
    let [LowBalance { owner, balance, threshold, .. }] = &page.owners[..] else { panic!("{page:?}") };
    assert_eq!((owner.as_str(), balance.get(), threshold.get()), ("ann", 2, 3));
    ann.of(Asset::Gems).give_credits(1).now().wait().unwrap();
    assert!(credits.low().of(Asset::Gems).page().unwrap().owners.is_empty());
    assert!(credits.low().after("").page().is_err());
}

#[test]
fn new_thresholds_list_the_wallets_anew() {
    let folder = tempfile::tempdir().unwrap();
    let [path, killed] = ["credits.redb", "killed.redb"].map(|name| folder.path().join(name));
    let clock = clock();
    let credits = Credits::builder().clock(clock.clone()).open(&path).unwrap();
    for (number, amount) in (0..90).enumerate() {
        credits.wallet(format!("user:{number:02}")).give_credits(amount + 1).now().wait().unwrap();
    }
    assert_eq!(low(&credits, "", 100).len(), 19);
    credits.close().unwrap();

    let read = raised::Credits::open_read_only(&path).unwrap();
    assert_eq!(low(&read, "", 7).len(), 39);
    drop(read);
    let credits = raised::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    assert_eq!(low(&credits, "", 7), expected(&credits, "", 40));
    credits.wallet("user:38").give_credits(10).now().wait().unwrap();
    credits.wallet("user:80").deduct_credits(80, "test").now().wait().unwrap();
    assert_eq!(low(&credits, "", 7), expected(&credits, "", 40));
    credits.verify().unwrap();
    // Killed: the next opening has other thresholds and rows that lack facts.
    copy(&path, &killed);
    drop(credits);

    let without = none::Credits::builder().clock(clock.clone()).open(&killed).unwrap();
    assert_eq!(low(&without, "", 7), []);
    without.verify().unwrap();
    without.close().unwrap();
    let again = Credits::builder().clock(clock).open(&killed).unwrap();
    assert_eq!(low(&again, "", 7), expected(&again, "", 20));
    assert_eq!(low(&again, "user:8", 7), [("user:80".to_owned(), 1)]);
    again.verify().unwrap();
}
