//! Reads over the whole ledger: owners, entries, what is due, balances for a chart, and statistics.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Clock as _, DueItem, Entries, EntriesPage, FactNumber, OwnedEntry, Owner, Timestamp, usage_credits,
};

use crate::power::random::Random;

usage_credits! {
    settings { categories tip }
    asset gem
    operation step { costs 1.credit_per(page) }
    operation polish { costs 1.gem_per(piece) }
}

const MINUTE: Duration = Duration::from_mins(1);

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn open() -> (ManualClock, Credits) {
    let clock = ManualClock::at(start());
    (clock.clone(), Credits::builder().clock(clock).stress_maintenance().in_memory().unwrap())
}

/// The owners whose names begin with a prefix, read page by page.
fn owners(credits: &Credits, prefix: &str, limit: usize) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None::<Owner>);
    loop {
        let mut query = credits.owners().starting_with(prefix).limit(limit);
        if let Some(after) = &after {
            query = query.after(after);
        }
        let page = query.page().unwrap();
        assert!(page.owners.len() <= limit);
        found.extend(page.owners.iter().map(|owner| owner.as_str().to_owned()));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[test]
fn owners_are_listed_by_name_whether_their_rows_are_written_or_not() {
    let (_, credits) = open();
    let mut expected = BTreeSet::new();
    for number in 0..400_u32 {
        let owner = match number % 4 {
            0 => format!("team:{number}"),
            1 => format!("user:{number}"),
            2 => format!("user:\u{e9}{number}"),
            _ => format!("{number}\u{10FFFF}"),
        };
        let wallet = credits.wallet(&owner);
        if number % 3 == 0 {
            wallet.of(Asset::Gems).give_credits(1).now().wait().unwrap();
        } else {
            wallet.give_credits(1).now().wait().unwrap();
        }
        // Refused, so it never had credits.
        assert!(
            credits
                .wallet(format!("user:none{number}"))
                .spend_credits_on(Operation::step(1))
                .now()
                .wait()
                .is_err()
        );
        expected.insert(owner);
        if number % 40 == 39 {
            for prefix in ["", "user:", "user:\u{e9}", "team:1", "x", "\u{10FFFF}"] {
                let of_prefix: Vec<_> =
                    expected.iter().filter(|owner| owner.starts_with(prefix)).cloned().collect();
                for limit in [7, 1_000] {
                    assert_eq!(owners(&credits, prefix, limit), of_prefix, "`{prefix}`, {limit} a page");
                }
            }
        }
    }
}

#[test]
fn owners_without_rows_are_found_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let [path, killed, read] =
        ["credits.redb", "killed.redb", "read.redb"].map(|name| folder.path().join(name));
    let credits = Credits::open(&path).unwrap();
    for number in 0..50 {
        credits.wallet(format!("user:{number:02}")).give_credits(1).now().wait().unwrap();
    }
    for suffix in ["redb", "redb-log"] {
        for image in [&killed, &read] {
            fs::copy(path.with_extension(suffix), image.with_extension(suffix)).unwrap();
        }
    }
    let killed = Credits::open(&killed).unwrap();
    let expected: Vec<_> = (0..50).map(|number| format!("user:{number:02}")).collect();
    assert_eq!(owners(&killed, "", 8), expected);
    let reader = Credits::open_read_only(&read).unwrap();
    assert_eq!(owners(&reader, "", 8), expected);
}

#[test]
fn an_owner_has_the_assets_that_the_wallets_had() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    assert_eq!(credits.assets_of("ann").unwrap(), Vec::<String>::new());
    ann.of(Asset::Gems).give_credits(2).now().wait().unwrap();
    assert_eq!(credits.assets_of("ann").unwrap(), ["gem"]);
    ann.spend_credits_on(Operation::polish(2)).now().wait().unwrap();
    ann.give_credits(1).now().wait().unwrap();
    assert_eq!(credits.assets_of("ann").unwrap(), ["credits", "gem"]);
    assert!(credits.assets_of("").is_err());
}

/// Every entry of the ledger, read page by page, oldest first.
fn entries(query: impl Fn() -> Entries) -> Vec<OwnedEntry> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let EntriesPage { entries, next, .. } = query().before(before).page().unwrap();
        found.extend(entries);
        before = next;
        if before.is_none() {
            found.reverse();
            return found;
        }
    }
}

#[test]
fn the_entries_of_the_ledger_are_those_of_all_wallets() {
    let (clock, credits) = open();
    let mut random = Random::new(3, 0);
    assert_eq!(entries(|| credits.entries()), []);
    assert_eq!(credits.entry(FactNumber::new(1)).unwrap(), None);
    for _ in 0..500 {
        let wallet = credits.wallet(random.choose(&["ann", "bob"]));
        clock.advance(MINUTE);
        // A rejected command is ignored.
        match random.below(4) {
            0 => drop(wallet.give_credits(20).expires_in(MINUTE * 9).now().wait().unwrap()),
            1 => drop(wallet.of(Asset::Gems).give_credits(3).now().wait().unwrap()),
            2 => drop(wallet.spend_credits_on(Operation::step(3)).hold(MINUTE * 3).wait().map(Hold::into_id)),
            _ => drop(wallet.spend_credits_on(Operation::step(2)).now().wait()),
        }
    }
    let mut expected = Vec::new();
    for owner in ["ann", "bob"] {
        for asset in [None, Some(Asset::Gems)] {
            let wallet = credits.wallet(owner);
            let wallet = asset.map_or(wallet.clone(), |asset| wallet.of(asset));
            let page = wallet.credit_history().limit(1_000).page().unwrap();
            assert_eq!(page.next, None);
            expected.extend(page.entries.into_iter().map(|entry| (entry.number, owner, entry)));
        }
    }
    expected.sort_by_key(|(number, ..)| *number);
    let expected: Vec<_> = expected.into_iter().map(|(_, owner, entry)| (owner.to_owned(), entry)).collect();
    assert!(expected.len() > 300);
    for limit in [9, 1_000] {
        let found = entries(|| credits.entries().limit(limit));
        let found: Vec<_> = found.into_iter().map(|of| (of.owner.as_str().to_owned(), of.entry)).collect();
        assert!(found == expected, "{limit} a page");
    }
    let last = expected.last().unwrap().1.number;
    for number in (0..=last.get() + 3).map(FactNumber::new) {
        let entry = credits.entry(number).unwrap().map(|of| of.entry);
        assert_eq!(
            entry.as_ref(),
            expected.iter().map(|(_, entry)| entry).find(|entry| entry.number == number)
        );
    }
}

#[test]
fn due_lists_holds_and_expiries_in_their_order() {
    let (clock, credits) = open();
    assert_eq!(credits.due().page().unwrap().items, []);
    let mut held = Vec::new();
    for number in 0..30_u32 {
        let wallet = credits.wallet(format!("user:{number:02}"));
        wallet.give_credits(10).expires_in(MINUTE * (100 - number)).now().wait().unwrap();
        let hold = wallet.spend_credits_on(Operation::step(4)).hold(MINUTE * (10 + number)).wait().unwrap();
        held.push(hold.into_id());
    }
    let due = credits.due().page().unwrap();
    assert!(due.is_complete);
    let of_kinds: Vec<_> = due
        .items
        .iter()
        .map(|item| match item {
            DueItem::HoldLapses { owner, amount, operation, .. } => format!("{owner} {amount} {operation}"),
            DueItem::GrantExpires { owner, amount, asset, .. } => format!("{owner} {amount} of {asset}"),
            other => panic!("{other:?}"),
        })
        .collect();
    let lapses = (0..30).map(|number| format!("user:{number:02} 4 step"));
    let expiries = (0..30).rev().map(|number| format!("user:{number:02} 6 of credits"));
    assert_eq!(of_kinds, lapses.chain(expiries).collect::<Vec<_>>());
    assert!(due.items.is_sorted_by_key(DueItem::at));
    let first = credits.due().limit(5).page().unwrap();
    assert_eq!((&first.items[..], first.is_complete), (&due.items[..5], false));
    let soon = credits.due().until(start().after(MINUTE * 12)).page().unwrap();
    assert_eq!((&soon.items[..], soon.is_complete), (&due.items[..3], true));
    clock.advance(MINUTE * 200);
    credits.book_due().unwrap();
    assert_eq!(credits.due().page().unwrap().items, []);
}

#[test]
fn balances_for_a_chart_are_the_balances_at_their_instants() {
    let (clock, credits) = open();
    let mut random = Random::new(5, 0);
    let ann = credits.wallet("ann");
    for _ in 0..700 {
        clock.advance(Duration::from_secs(random.below(90) as u64));
        // A rejected command is ignored.
        match random.below(3) {
            0 => drop(ann.give_credits(random.amount(50)).expires_in(MINUTE * 20).now().wait().unwrap()),
            _ => drop(ann.spend_credits_on(Operation::step(random.amount(20))).now().wait()),
        }
    }
    ann.give_credits(5).expires_in(MINUTE).now().wait().unwrap();
    clock.advance(MINUTE * 2);
    let end = clock.now();
    for (from, to, points) in [
        (start(), end, 2),
        (start(), end, 500),
        (start().before(MINUTE), end.after(MINUTE), 97),
        (end, start(), 3),
        (Timestamp::MIN, Timestamp::MAX, 5),
        (start(), end, 0),
        (start(), end, 5_000),
    ] {
        let series = ann.credit_history().balances(from, to, points).unwrap();
        assert_eq!(series.len(), points.clamp(2, 1_000));
        assert_eq!((series[0].at, series[series.len() - 1].at), (from, to.max(from)));
        for point in series {
            assert_eq!(point.balance, ann.balance_at(point.at).unwrap(), "at {}", point.at);
        }
    }
}

#[test]
fn statistics_count_and_serialise() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(start());
    let builder = || Credits::builder().clock(clock.clone());
    let credits = builder().open(folder.path().join("credits.redb")).unwrap();
    let before = credits.statistics();
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    credits.wallet("bob").give_credits(5).now().wait().unwrap();
    let after = credits.statistics();
    assert_eq!((after.facts - before.facts, after.commands, after.queued), (2, 2, 0));
    assert_eq!((after.opened_at, after.checkpoints, after.checkpointed_at), (start(), 0, None));
    assert!(
        after.file_bytes > 0 && after.log_bytes > before.log_bytes && after.memory_bytes > 0,
        "{after:?}"
    );
    let json = serde_json::to_value(after).unwrap();
    assert_eq!((&json["facts"], &json["checkpointed_at"]), (&after.facts.into(), &serde_json::Value::Null));
}
