//! Reads over the whole ledger: owners, entries, what is due, balances for a chart, and statistics.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{
    AccountActivity, Clock as _, Cursor, DueItem, Entries, EntriesPage, FactNumber, GrantSummary, OwnedEntry,
    Owner, Timestamp, usage_credits,
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
    // The clock stands still, and commits take their time all the same.
    assert!(after.commit_microseconds > before.commit_microseconds, "{after:?}");
    let json = serde_json::to_value(after).unwrap();
    assert_eq!((&json["facts"], &json["checkpointed_at"]), (&after.facts.into(), &serde_json::Value::Null));
}

/// Gained, lost and entries of each account of each day that has any, by name.
fn activity(credits: &Credits, days: u32) -> Vec<(String, Vec<String>)> {
    let found = credits.activity(days).unwrap();
    assert_eq!(found.len(), days as usize);
    let day = Duration::from_hours(24);
    assert!(found.windows(2).all(|days| days[1].day == days[0].day.after(day)));
    let accounts = |day: &credits_runtime::DayActivity| {
        let accounts = day.accounts.iter().map(|account| {
            let mark = if account.is_operation { "()" } else { "" };
            let AccountActivity { asset, account, gained, lost, entries, .. } = account;
            format!("{asset} {account}{mark} +{gained} -{lost} in {entries}")
        });
        accounts.collect::<Vec<_>>()
    };
    let named =
        found.iter().map(|day| (day.day.to_string().split('T').next().unwrap().to_owned(), accounts(day)));
    named.filter(|(_, accounts)| !accounts.is_empty()).collect()
}

#[test]
fn activity_adds_up_what_each_day_recorded() {
    let (clock, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(100).category("tip").now().wait().unwrap();
    ann.adjust_credits(-7, "a correction").now().wait().unwrap();
    ann.adjust_credits(2, "a correction").now().wait().unwrap();
    clock.set("2026-01-01T23:59:59.999999Z".parse().unwrap());
    ann.of(Asset::Gems).give_credits(3).now().wait().unwrap();
    clock.advance(Duration::from_micros(1));
    ann.spend_credits_on(Operation::step(4)).now().wait().unwrap();
    ann.spend_credits_on(Operation::step(5)).now().wait().unwrap();
    clock.set("2026-01-05T00:00:00Z".parse().unwrap());
    let expected: Vec<(String, Vec<String>)> = [
        (
            "2026-01-01",
            vec![
                "credits manual_adjustment +2 -7 in 2",
                "credits tip +100 -0 in 1",
                "gem manual_adjustment +3 -0 in 1",
            ],
        ),
        ("2026-01-02", vec!["credits step() +0 -9 in 2"]),
    ]
    .into_iter()
    .map(|(day, accounts)| (day.to_owned(), accounts.into_iter().map(str::to_owned).collect()))
    .collect();
    assert_eq!(activity(&credits, 5), expected);
    assert_eq!(activity(&credits, 4), expected[1..]);
    assert_eq!(activity(&credits, 1), []);
    assert_eq!(credits.activity(0).unwrap().len(), 1);
    assert_eq!(credits.activity(u32::MAX).unwrap().len(), 3_660);
}

/// Days of activity are written by checkpoints, left out of memory, and replayed after kills.
#[test]
fn activity_adds_up_to_the_totals_whatever_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let [path, killed] = ["credits.redb", "killed.redb"].map(|name| folder.path().join(name));
    let clock = ManualClock::at(start());
    let open = |path| Credits::builder().clock(clock.clone()).stress_maintenance().open(path).unwrap();
    let mut random = Random::new(9, 0);
    let mut credits = open(&path);
    for day in 0..60 {
        for _ in 0..random.below(30) {
            let wallet = credits.wallet(random.choose(&["ann", "bob", "eve"]));
            // A rejected command is ignored.
            match random.below(3) {
                0 => drop(wallet.give_credits(random.amount(50)).category("tip").now().wait().unwrap()),
                1 => drop(wallet.give_credits(5).expires_in(MINUTE * 3_000).now().wait().unwrap()),
                _ => drop(wallet.spend_credits_on(Operation::step(random.amount(20))).now().wait()),
            }
        }
        credits.book_due().unwrap();
        check_sums(&credits);
        match day % 10 {
            3 => {
                for suffix in ["redb", "redb-log"] {
                    fs::copy(path.with_extension(suffix), killed.with_extension(suffix)).unwrap();
                }
                let found = open(&killed);
                assert_eq!(activity(&found, 100), activity(&credits, 100));
                check_sums(&found);
                found.close().unwrap();
            }
            7 => {
                let before = activity(&credits, 100);
                credits.close().unwrap();
                credits = open(&path);
                assert_eq!(activity(&credits, 100), before);
            }
            _ => {}
        }
        clock.advance(Duration::from_hours(24) * u32::try_from(random.below(3)).unwrap());
    }
    assert!(activity(&credits, 100).len() > 30);
}

fn check_sums(credits: &Credits) {
    credits.verify().unwrap();
    let mut sums = BTreeMap::new();
    for account in credits.activity(200).unwrap().into_iter().flat_map(|day| day.accounts) {
        let sum = sums.entry((account.asset, account.account)).or_insert((0_i128, 0_u64));
        *sum = (sum.0 + account.gained - account.lost, sum.1 + account.entries);
    }
    let totals = credits.totals().unwrap().into_iter();
    let totals = totals.map(|total| ((total.asset, total.account), (total.amount, total.entries)));
    assert_eq!(sums, totals.collect());
}

#[test]
fn open_grants_are_in_the_order_of_their_use_with_their_terms() {
    let (clock, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(10).now().wait().unwrap();
    ann.give_credits(20).expires_in(MINUTE * 9).category("tip").now().wait().unwrap();
    ann.give_credits(30).only_for(["step"]).priority(7).now().wait().unwrap();
    ann.give_credits(40).expires_in(MINUTE).now().wait().unwrap();
    clock.advance(MINUTE);
    ann.spend_credits_on(Operation::step(33)).now().wait().unwrap();
    ann.spend_credits_on(Operation::step(5)).hold(MINUTE).wait().unwrap().into_id();
    let grants = ann.open_grants().unwrap();
    let found = grants.iter().map(|grant| {
        let GrantSummary { free, held, category, only_for, priority, .. } = grant;
        format!("{free} {held} {} {only_for:?} {priority}", category.name())
    });
    // The first grant expired, the scoped one is spent, and the hold took from what expires.
    let expected = ["12 5 tip [] 50", "10 0 manual_adjustment [] 50"];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(grants, ann.read().wait().unwrap().grants);
    assert_eq!(grants[0].expires_at, Some(start().after(MINUTE * 9)));
}

mod next {
    credits_runtime::usage_credits! {
        operation walk { formerly step costs 3.credits_per(page) at_most 20.credits }
        operation render {
            costs by quality { hd => 9.credits, standard => 1.credit } + 60.credits_per(minute)
        }
    }
}

mod before {
    credits_runtime::usage_credits! {
        operation step { costs 2.credits_per(page) }
        operation render {
            costs 2.credits_per(second) + by quality { standard => 1.credit, hd => 5.credits, raw => 7.credits }
        }
        operation other { costs 1.credit }
        operation negotiated {
            with discount: i64
            costs { 10 - discount }
        }
    }
}

#[test]
fn what_if_compares_real_charges_with_another_price_list() {
    use before::{Credits, Operation, RenderQuality};
    let clock = ManualClock::at(start());
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
    ann.give_credits(1_000).now().wait().unwrap();
    bob.give_credits(10).now().wait().unwrap();
    ann.spend_credits_on(Operation::step(100)).now().wait().unwrap();
    clock.advance(MINUTE);
    let second = clock.now();
    // 10 becomes 15, which bob does not have.
    bob.spend_credits_on(Operation::step(5)).now().wait().unwrap();
    // 5 + 60 becomes 9 + 30; 2 becomes 3; 200 becomes 20.
    ann.spend_credits_on(Operation::render(Duration::from_secs(30), RenderQuality::Hd)).now().wait().unwrap();
    ann.spend_credits_on(Operation::step(1)).now().wait().unwrap();
    // Not comparable: an option, an operation and an expression are not there, and a hold is settled otherwise.
    ann.spend_credits_on(Operation::render(Duration::from_secs(1), RenderQuality::Raw)).now().wait().unwrap();
    ann.spend_credits_on(Operation::other()).now().wait().unwrap();
    ann.spend_credits_on(Operation::negotiated(1)).now().wait().unwrap();
    let hold = ann.spend_credits_on(Operation::step(3)).hold(MINUTE).wait().unwrap();
    hold.settle_amount(1).wait().unwrap();
    let mut seen = Vec::new();
    let catalogue = next::Pricing::catalog();
    let report = credits.what_if(&catalogue, Timestamp::MIN).on_progress(|at| seen.push(at)).run().unwrap();
    let found = report.operations.iter().map(|of| {
        format!(
            "{}: {} from {} to {}, +{} -{}",
            of.operation, of.charges, of.charged, of.would_be, of.dearer, of.cheaper
        )
    });
    let expected = ["render: 1 from 65 to 39, +0 -1", "step: 3 from 212 to 38, +2 -1"];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!((report.not_comparable, report.short_count), (4, 1));
    assert_eq!(report.short.iter().map(Owner::as_str).collect::<Vec<_>>(), ["bob"]);
    assert_eq!(seen.last().map(|at| at.facts == at.facts_total && at.facts > 0), Some(true));
    let later = credits.what_if(&catalogue, second).run().unwrap();
    assert_eq!((later.operations[1].charges, later.operations[1].charged), (2, 12));
    let none = credits.what_if(&catalogue, clock.now().after(MINUTE)).run().unwrap();
    assert_eq!((none.operations.len(), none.not_comparable), (0, 0));
    // Under the same list nothing changes.
    let same = credits.what_if(&before::Pricing::catalog(), Timestamp::MIN).run().unwrap();
    assert!(same.operations.iter().all(|of| of.charged == of.would_be && of.dearer + of.cheaper == 0));
    assert_eq!((same.short_count, same.not_comparable), (0, 2));
}

#[test]
fn owners_after_a_name_outside_the_prefix_are_those_behind_it() {
    let (_, credits) = open();
    for owner in ["a", "team:1", "team:2", "user:1"] {
        credits.wallet(owner).give_credits(1).now().wait().unwrap();
    }

    for (after, expected) in [("a", 2), ("team:", 2), ("team:1", 1), ("team:2", 0), ("user:1", 0), ("z", 0)] {
        let page = credits.owners().starting_with("team:").after(after).page().unwrap();
        assert_eq!(page.owners.len(), expected, "after {after}");
    }
}

#[test]
fn the_entries_before_a_number_exclude_it() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(1).now().wait().unwrap();
    let second = ann.give_credits(2).now().wait().unwrap().entry.number;
    let page = credits.entries().before(Cursor::new(second.get())).page().unwrap();
    assert_eq!(page.entries.iter().map(|of| of.entry.amount.get()).collect::<Vec<_>>(), [1]);
}
