//! Histories by every filter, balances as of instants, totals, the audit, heads, copies and exports.

use std::fs;
use std::path::Path;
use std::time::Duration;

use credits_runtime::billing::{BillingEvent, ObjectId};
use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Amount, Clock, Cursor, Entry, Error, ExportFormat, Head, History, HistoryPage, LedgerErrorKind,
    Timestamp, usage_credits,
};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use crate::billing::script::{What, steps};
use crate::format::pages;
use crate::power::random::Random;

usage_credits! {
    settings { categories tip, cashback allow_negative_balance up_to 50.credits }
    asset gem
    operation step { costs 1.credit_per(page) }
    operation paint {
        costs by quality { standard => 2.credits, hd => 5.credits } + 3.credits_per(2.images)
        at_least 4.credits
    }
    operation polish { costs 1.gem_per(piece) }
    operation negotiated {
        with discount: i64
        costs { 10 - discount }
    }
}

const MINUTE: Duration = Duration::from_mins(1);

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn open() -> (ManualClock, Credits) {
    let clock = ManualClock::at(start());
    (clock.clone(), Credits::builder().clock(clock).in_memory().unwrap())
}

/// Random commands in three wallets.
fn live(credits: &Credits, clock: &ManualClock, steps: usize) {
    let mut random = Random::new(7, 0);
    let owners = ["ann", "bob", "eve"];
    let mut transfers = Vec::new();
    for step in 0..steps {
        let owner = random.choose(&owners);
        let wallet = credits.wallet(owner);
        clock.advance(MINUTE * u32::try_from(random.below(3)).unwrap());
        let amount = random.amount(20);
        // A rejected command is ignored.
        match random.below(10) {
            0 | 1 => drop(wallet.give_credits(amount * 3).key(format!("key {step}")).now().wait()),
            2 => drop(wallet.give_credits(amount).expires_in(MINUTE * 5).category("tip").now().wait()),
            3 | 4 => drop(wallet.spend_credits_on(Operation::step(amount)).now().wait()),
            5 => drop(wallet.spend_credits_on(Operation::step(amount)).run(|| Ok::<_, Error>(()))),
            6 => drop(
                wallet.spend_credits_on(Operation::step(amount)).hold(MINUTE * 3).wait().map(Hold::into_id),
            ),
            7 => drop(wallet.adjust_credits(amount - 10, "correction").with_debt().now().wait()),
            8 => {
                let receiver = credits.wallet(random.choose(&owners));
                if let Ok(made) = wallet.transfer_to(&receiver, amount).now().wait() {
                    transfers.push((owner, made.id));
                }
            }
            _ => {
                if let Some((owner, id)) = transfers.pop() {
                    drop(credits.wallet(owner).reverse_transfer(id).as_far_as_possible().now().wait());
                }
            }
        }
    }
}

/// All entries of a wallet, oldest first.
fn all(wallet: &Wallet) -> Vec<Entry> {
    let mut entries = pages(|| wallet.credit_history().limit(1_000));
    entries.reverse();
    entries
}

/// Entries of all pages of a history, in order.
fn pages(history: impl Fn() -> History) -> Vec<Entry> {
    let (mut entries, mut cursor): (Vec<Entry>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let HistoryPage { entries: page, next, .. } = history().after(cursor).page().unwrap();
        entries.extend(page);
        cursor = next;
        if cursor.is_none() {
            return entries;
        }
    }
}

type Filter<'a> = (&'a str, Box<dyn Fn(History) -> History>, Box<dyn Fn(&Entry) -> bool>);

#[test]
fn pages_in_either_order_and_by_every_filter_are_the_entries_that_fit() {
    let (clock, credits) = open();
    live(&credits, &clock, 1_500);
    for owner in ["ann", "bob", "eve", "nobody"] {
        let wallet = credits.wallet(owner);
        let entries = all(&wallet);
        assert!(owner == "nobody" || entries.len() > 300, "{} entries of {owner}", entries.len());
        let instants: Vec<Timestamp> = entries.iter().map(|entry| entry.effective_at).collect();
        let some = [0, 1, instants.len() / 3, instants.len() / 2, instants.len().saturating_sub(1)];
        let mut bounds: Vec<Timestamp> =
            some.iter().filter_map(|place| instants.get(*place).copied()).collect();
        bounds.extend([start(), clock.now(), clock.now().after(MINUTE)]);
        for limit in [7, 64, 1_000] {
            let mut filters: Vec<Filter<'_>> = vec![
                ("all", Box::new(|history| history), Box::new(|_| true)),
                (
                    "of a category",
                    Box::new(|history| history.category("tip")),
                    Box::new(|entry| entry.category.name() == "tip"),
                ),
                ("short", Box::new(History::with_shortfall), Box::new(|entry| entry.shortfall.is_positive())),
                (
                    "of an operation",
                    Box::new(|history| history.operation("step")),
                    Box::new(|entry| entry.operation.as_deref() == Some("step")),
                ),
            ];
            for at in &bounds {
                let at = *at;
                filters.push((
                    "since",
                    Box::new(move |history| history.since(at)),
                    Box::new(move |entry| entry.effective_at >= at),
                ));
                filters.push((
                    "until",
                    Box::new(move |history| history.until(at)),
                    Box::new(move |entry| entry.effective_at < at),
                ));
            }
            for (name, ask, fits) in &filters {
                let expected: Vec<&Entry> = entries.iter().filter(|entry| fits(entry)).collect();
                let forwards = pages(|| ask(wallet.credit_history().limit(limit).oldest_first()));
                assert!(forwards.iter().eq(expected.iter().copied()), "{name}, {owner}, {limit} a page");
                let backwards = pages(|| ask(wallet.credit_history().limit(limit)));
                assert!(backwards.iter().eq(expected.iter().rev().copied()), "{name}, {owner}, newest first");
            }
        }
    }
}

#[test]
fn a_page_by_key_is_what_was_written_under_it() {
    let (clock, credits) = open();
    live(&credits, &clock, 300);
    let wallet = credits.wallet("ann");
    let keyed: Vec<Entry> = all(&wallet).into_iter().filter(|entry| entry.key.is_some()).collect();
    assert!(keyed.len() > 5);
    for entry in keyed {
        let page = wallet.credit_history().key(entry.key.clone().unwrap()).page().unwrap();
        assert_eq!(page.entries, [entry]);
    }
    assert_eq!(wallet.credit_history().key("never used").page().unwrap().entries, []);
    wallet.give_credits(1).key("mine").now().wait().unwrap();
    assert_eq!(credits.wallet("bob").credit_history().key("mine").page().unwrap().entries, []);
}

#[test]
fn a_balance_as_of_an_instant_is_that_of_the_last_entry_until_then() {
    let (clock, credits) = open();
    live(&credits, &clock, 1_000);
    credits.book_due().unwrap();
    for owner in ["ann", "bob", "eve", "nobody"] {
        let wallet = credits.wallet(owner);
        let entries = all(&wallet);
        let naive = |at: Timestamp| {
            let before = entries.iter().rfind(|entry| entry.effective_at <= at);
            before.map_or(Amount::ZERO, |entry| entry.balance_after)
        };
        let one = Duration::from_micros(1);
        let beside = |at: Timestamp| [at.before(one), at, at.after(one)];
        let instants = entries.iter().step_by(3).flat_map(|entry| beside(entry.effective_at));
        for at in instants.chain([start(), clock.now()]) {
            assert_eq!(wallet.balance_at(at).unwrap(), naive(at), "{owner} at {at}");
        }
    }
}

#[test]
fn what_is_due_by_an_instant_counts_though_it_is_not_booked() {
    let (clock, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(10).expires_in(MINUTE * 5).now().wait().unwrap();
    ann.give_credits(1).now().wait().unwrap();
    clock.advance(MINUTE * 9);
    let at = |minutes: u32| ann.balance_at(start().after(MINUTE * minutes)).unwrap().get();
    assert_eq!([at(0), at(4), at(5), at(9), at(99)], [11, 11, 1, 1, 1]);
}

#[test]
fn a_charge_explains_itself_under_the_terms_of_its_time() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(100).now().wait().unwrap();
    let charge =
        |operation| ann.spend_credits_on(operation).now().wait().unwrap().entry.explanation().unwrap();
    let painted = charge(Operation::paint(3, PaintQuality::Hd));
    assert_eq!((painted.operation.as_str(), painted.price.get()), ("paint", 10));
    assert_eq!(painted.inputs, ["quality hd", "3 images"]);
    assert_eq!(painted.recomputed, Some(Amount::new(10)));
    assert_eq!(charge(Operation::paint(0, PaintQuality::Standard)).recomputed, Some(Amount::new(4)));
    let negotiated = charge(Operation::negotiated(3));
    assert_eq!((negotiated.price.get(), negotiated.recomputed), (7, None));
    assert_eq!((negotiated.inputs, negotiated.catalogue.len()), (vec!["3".to_owned()], 64));
    let given = ann.give_credits(1).now().wait().unwrap().entry;
    assert_eq!(given.explanation(), None);
    assert_eq!(
        (given.formatted_amount(), given.formatted_balance_after()),
        ("+1 credit".into(), "80 credits".into())
    );
}

#[test]
fn accounts_and_balances_sum_to_zero() {
    let (clock, credits) = open();
    live(&credits, &clock, 500);
    credits.wallet("ann").of(Asset::Gems).give_credits(5).now().wait().unwrap();
    credits.wallet("ann").spend_credits_on(Operation::polish(2)).now().wait().unwrap();
    credits.book_due().unwrap();
    let totals = credits.totals().unwrap();
    let sum = |asset: &str| {
        totals.iter().filter(|total| total.asset == asset).map(|total| total.amount).sum::<i128>()
    };
    let balance = |owner: &str| i128::from(credits.wallet(owner).balance().unwrap().get());
    assert_eq!(sum("credits"), ["ann", "bob", "eve"].map(balance).iter().sum());
    assert_eq!(sum("gem"), 3);
    let entries: usize = ["ann", "bob", "eve"].map(|owner| all(&credits.wallet(owner)).len()).iter().sum();
    assert_eq!(totals.iter().map(|total| total.entries).sum::<u64>(), entries as u64 + 2);
    let of = |account: &str| totals.iter().find(|total| total.account == account).unwrap();
    assert!(of("step").is_operation && of("step").amount < 0);
    assert_eq!(of("transfer_in").amount + of("transfer_out").amount, 0);
    assert_eq!((of("polish").amount, of("polish").asset.as_str()), (-2, "gem"));
}

#[test]
fn the_audit_counts_what_it_looked_at() {
    let (clock, credits) = open();
    live(&credits, &clock, 800);
    let verified = credits.verify().unwrap();
    let entries: usize = ["ann", "bob", "eve"].map(|owner| all(&credits.wallet(owner)).len()).iter().sum();
    assert_eq!(verified.wallets, 3);
    assert!(verified.facts > entries as u64 && verified.frames <= verified.facts);
    assert!(verified.grants > 200 && verified.keys > 300, "{verified:?}");
}

/// A wallet that is filled and emptied again and again moves more in its life than 64 bits hold. Summing that
/// up in 64 bits made the audit of a sound ledger fail.
#[test]
fn a_wallet_may_move_more_in_its_life_than_it_can_hold() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    let most = i64::MAX - 100;
    for _ in 0..4 {
        ann.adjust_credits(-most, "owed").with_debt().now().wait().unwrap();
        ann.give_credits(most).now().wait().unwrap();
    }
    for _ in 0..70 {
        ann.give_credits(1).now().wait().unwrap();
    }
    // With more than 64 open grants, gifts join an open one.
    for _ in 0..3 {
        ann.give_credits(most).now().wait().unwrap();
        ann.deduct_credits(most, "taken").now().wait().unwrap();
    }
    assert_eq!(ann.credits().unwrap(), 70);
    credits.verify().unwrap();
}

const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
const VIEWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("views");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const SEGMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("segments");

type Change<'a> = Box<dyn Fn(&redb::WriteTransaction) + 'a>;
type Alter = fn(&mut Vec<pages::Entry>);

/// Keys of the rows of live segments. Rows of other segments are leftovers without meaning.
fn rows_of_segments(read: &redb::ReadTransaction) -> Vec<Vec<u8>> {
    let covered = read.open_table(META).unwrap().get("covered").unwrap().unwrap().value().to_vec();
    let listed = listed(&covered);
    let segments = read.open_table(SEGMENTS).unwrap();
    let rows = segments.range::<&[u8]>(..).unwrap().map(|row| row.unwrap().0.value().to_vec());
    rows.filter(|row| listed.contains(&u32::from_be_bytes(row[..4].try_into().unwrap()))).collect()
}

/// Numbers of the live segments, as the row `covered` lists them.
fn listed(covered: &[u8]) -> Vec<u32> {
    let mut decoder = minicbor::Decoder::new(covered);
    decoder.array().unwrap();
    decoder.u64().unwrap();
    decoder.array().unwrap();
    for _from_and_lapsed in 0..2 {
        decoder.u64().unwrap();
    }
    let mut numbers = Vec::new();
    for _ in 0..decoder.array().unwrap().unwrap() {
        let fields = decoder.array().unwrap().unwrap();
        numbers.push(decoder.u32().unwrap());
        (1..fields).for_each(|_| decoder.skip().unwrap());
    }
    numbers
}

/// Ways to change a row of a segment.
fn segment_changes(row: &[u8]) -> Vec<(String, Change<'_>)> {
    let gone: Change<'_> =
        Box::new(move |write| drop(write.open_table(SEGMENTS).unwrap().remove(row).unwrap()));
    let mut changes = vec![(format!("row {row:?} of a segment is gone"), gone)];
    let Some(first) = pages::first_of(row) else {
        let misses: Change<'_> = Box::new(move |write| {
            let mut segments = write.open_table(SEGMENTS).unwrap();
            let size = segments.get(row).unwrap().unwrap().value().len();
            segments.insert(row, &vec![0; size][..]).unwrap();
        });
        changes.push((format!("filter {row:?} misses keys"), misses));
        return changes;
    };
    let alterations: [(&str, Alter); 4] = [
        ("a key is gone", |entries| entries.truncate(entries.len() - 1)),
        ("a key nobody used", |entries| entries.push((entries[entries.len() - 1].0 + 1, 1))),
        ("a key is another", |entries| entries.last_mut().unwrap().0 += 1),
        ("a key's frame is another", |entries| entries.last_mut().unwrap().1 += 1),
    ];
    for (what, alter) in alterations {
        let altered: Change<'_> = Box::new(move |write| {
            let mut segments = write.open_table(SEGMENTS).unwrap();
            let mut entries = pages::read(first, segments.get(row).unwrap().unwrap().value());
            alter(&mut entries);
            segments.insert(row, &pages::write(first, &entries)[..]).unwrap();
        });
        changes.push((format!("{what} in page {row:?}"), altered));
    }
    changes
}

/// Keys of one row of each kind, and of the row of every wallet.
fn rows_of_views(read: &redb::ReadTransaction) -> Vec<Vec<u8>> {
    let views = read.open_table(VIEWS).unwrap();
    let rows = views.range::<&[u8]>(..).unwrap().map(|row| row.unwrap().0.value().to_vec());
    let mut kinds: Vec<Vec<u8>> = Vec::new();
    // What an opening has to do is not derived from the journal.
    for key in rows.filter(|key| key[..] != [8, 0]) {
        if key[0] == 2 || kinds.iter().all(|known| known[0] != key[0]) {
            kinds.push(key);
        }
    }
    kinds
}

#[test]
fn the_audit_finds_every_row_that_is_missing_or_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(start());
    let credits = Credits::builder().clock(clock.clone()).stress_maintenance().open(&path).unwrap();
    live(&credits, &clock, 300);
    for step in steps("2026-01-01 state s1 mystery\n. pack cs1 pi1 mystery\n. refund pi2 re1 1") {
        let What::Event(event) = step.what else { panic!("only events") };
        credits.receive(BillingEvent::clone(&event)).wait().unwrap();
        let nobodys = event.objects.iter().map(|id| ObjectId::new(&format!("of_nobody_{id}")).unwrap());
        let event = BillingEvent { objects: nobodys.collect(), owner: None, ..*event };
        credits.receive(event).wait().unwrap();
    }
    credits.verify().unwrap();
    credits.close().unwrap();

    let database = redb::Database::open(&path).unwrap();
    let read = database.begin_read().unwrap();
    let kinds = rows_of_views(&read);
    let segments = rows_of_segments(&read);
    drop(read);
    drop(database);
    assert!(kinds.iter().any(|key| key[0] == 8) && kinds.len() > 9 && segments.len() > 3);

    let mut changes: Vec<(String, Change<'_>)> = Vec::new();
    for key in &kinds {
        changes.push((
            format!("a row of kind {} is gone", key[0]),
            Box::new(|write| drop(write.open_table(VIEWS).unwrap().remove(&key[..]).unwrap())),
        ));
        changes.push((
            format!("a row of kind {} is another's", key[0]),
            Box::new(|write| {
                let mut views = write.open_table(VIEWS).unwrap();
                let mut value = views.get(&key[..]).unwrap().unwrap().value().to_vec();
                match value.last_mut() {
                    Some(byte) => *byte ^= 1,
                    None => value.push(1),
                }
                let mut other = key.clone();
                if key[0] == 4 {
                    other[8] ^= 1;
                    views.remove(&key[..]).unwrap();
                }
                views.insert(&other[..], &value[..]).unwrap();
            }),
        ));
    }
    for row in segments.iter().step_by(segments.len() / 6) {
        changes.extend(segment_changes(row));
    }
    changes.push((
        "a block is another".to_owned(),
        Box::new(|write| {
            let mut journal = write.open_table(JOURNAL).unwrap();
            let mut block = journal.get(1).unwrap().unwrap().value().to_vec();
            *block.last_mut().unwrap() ^= 1;
            journal.insert(1, &block[..]).unwrap();
        }),
    ));
    changes.push((
        "the last block is another".to_owned(),
        Box::new(|write| {
            let mut journal = write.open_table(JOURNAL).unwrap();
            let (first, mut block) = journal
                .last()
                .unwrap()
                .map(|(first, block)| (first.value(), block.value().to_vec()))
                .unwrap();
            *block.last_mut().unwrap() ^= 1;
            journal.insert(first, &block[..]).unwrap();
        }),
    ));
    changes.push((
        "the last block is gone".to_owned(),
        Box::new(|write| drop(write.open_table(JOURNAL).unwrap().pop_last().unwrap())),
    ));
    for (what, change) in &changes {
        let copy = folder.path().join("changed.redb");
        fs::copy(&path, &copy).unwrap();
        let database = redb::Database::open(&copy).unwrap();
        let write = database.begin_write().unwrap();
        change(&write);
        write.commit().unwrap();
        drop(database);
        match Credits::builder().clock(clock.clone()).open(&copy) {
            Err(error) => assert_eq!(kind(&error), LedgerErrorKind::Damaged, "{what}: {error}"),
            Ok(credits) => {
                let error = credits.verify().expect_err(what);
                assert_eq!(kind(&error), LedgerErrorKind::Damaged, "{what}: {error}");
            }
        }
        fs::remove_file(&copy).unwrap();
        fs::remove_file(copy.with_extension("redb-log")).ok();
    }
}

fn kind(error: &Error) -> LedgerErrorKind {
    match error {
        Error::Ledger(error) => error.kind(),
        other => panic!("rejected: {other}"),
    }
}

#[test]
fn a_head_that_was_kept_shows_that_nothing_before_it_was_changed() {
    let (clock, credits) = open();
    let mut heads = Vec::new();
    for _ in 0..20 {
        live(&credits, &clock, 20);
        let head = credits.head().unwrap();
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        heads.push(head);
    }
    for head in &heads {
        credits.check_head(head).unwrap();
    }
    let disagrees = |head: &str| {
        let error = credits.check_head(&head.parse().unwrap()).unwrap_err();
        assert_eq!(kind(&error), LedgerErrorKind::HeadDisagrees);
    };
    let text = heads[3].to_string();
    let parts: Vec<&str> = text.split(':').collect();
    let zeros = "0".repeat(64);
    disagrees(&format!("{}:{}:{zeros}", parts[0], parts[1]));
    disagrees(&format!("{}:{}:{}", parts[0], parts[1].parse::<u64>().unwrap() - 1, parts[2]));
    disagrees(&format!("{}:{}:{}", parts[0], 1_000_000, parts[2]));
    disagrees(&format!("{}:{}:{}", "1".repeat(32), parts[1], parts[2]));
    for text in ["", "a:b:c", "1:1:1", &format!("{}:{}:{}", parts[0], parts[1], "g".repeat(64))] {
        text.parse::<Head>().unwrap_err();
    }
}

#[test]
fn a_backup_of_a_live_ledger_is_a_ledger_and_is_restored_where_none_is() {
    let folder = tempfile::tempdir().unwrap();
    let [path, copy, restored] = ["a.redb", "b.redb", "c.redb"].map(|name| folder.path().join(name));
    let clock = ManualClock::at(start());
    let credits = Credits::builder().clock(clock.clone()).open(&path).unwrap();
    live(&credits, &clock, 300);
    let entries = all(&credits.wallet("ann"));
    let head = credits.head().unwrap();
    credits.backup(&copy).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    assert_eq!(kind(&credits.backup(&copy).unwrap_err()), LedgerErrorKind::Io);

    let verified = Credits::restore(&copy, &restored).unwrap();
    assert!(verified.facts >= 300);
    let again = Credits::builder().clock(clock).open(&restored).unwrap();
    again.check_head(&head).unwrap();
    assert_eq!(all(&again.wallet("ann")), entries);
    assert_eq!(again.ledger_id(), credits.ledger_id());
    // A command with a key from before the backup is replayed.
    let kept = entries.iter().find(|entry| entry.key.is_some()).unwrap();
    let key = kept.key.clone().unwrap();
    assert!(again.wallet("ann").give_credits(kept.amount).key(key).now().wait().unwrap().replayed);
    let error = Credits::restore(&copy, &restored).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Io);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let [path, copy, restored] = ["a.redb", "b.redb", "c.redb"].map(|name| folder.path().join(name));
    let credits = Credits::open(&path).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    credits.backup(&copy).unwrap();
    let database = redb::Database::open(&copy).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(VIEWS).unwrap().retain(|key, _| key[0] != 5).unwrap();
    write.commit().unwrap();
    drop(database);
    assert_eq!(kind(&Credits::restore(&copy, &restored).unwrap_err()), LedgerErrorKind::Damaged);
    assert!(!restored.exists());
    let nothing = folder.path().join("nothing.redb");
    assert_eq!(kind(&Credits::restore(&nothing, &restored).unwrap_err()), LedgerErrorKind::Io);
}

#[test]
fn an_export_has_every_entry_in_the_order_of_the_journal() {
    let (clock, credits) = open();
    live(&credits, &clock, 300);
    let mut expected: Vec<(String, Entry)> = Vec::new();
    for owner in ["ann", "bob", "eve"] {
        expected.extend(all(&credits.wallet(owner)).into_iter().map(|entry| (owner.to_owned(), entry)));
    }
    expected.sort_by_key(|(_, entry)| entry.number);

    let mut lines = Vec::new();
    assert_eq!(credits.export(ExportFormat::JsonLines, &mut lines).unwrap(), expected.len() as u64);
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), expected.len());
    for (line, (owner, entry)) in lines.lines().zip(&expected) {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["owner"], *owner);
        let explanation = line.as_object_mut().unwrap().remove("explanation").unwrap();
        assert_eq!(explanation, serde_json::to_value(entry.explanation()).unwrap());
        line.as_object_mut().unwrap().remove("owner");
        assert_eq!(line, serde_json::to_value(entry).unwrap());
    }

    let mut rows = Vec::new();
    credits.export(ExportFormat::Csv, &mut rows).unwrap();
    let rows = String::from_utf8(rows).unwrap();
    assert_eq!(rows.lines().count(), expected.len() + 1);
    for (row, (owner, entry)) in rows.lines().skip(1).zip(&expected) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(
            (cells[0], cells[3], cells[5]),
            (&*entry.number.to_string(), &**owner, &*entry.amount.to_string())
        );
    }
}

#[test]
fn an_export_that_cannot_be_written_says_so() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no space"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (_, credits) = open();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    for format in [ExportFormat::JsonLines, ExportFormat::Csv] {
        assert_eq!(kind(&credits.export(format, Full).unwrap_err()), LedgerErrorKind::Io);
    }
    assert!(!Path::new("no space").exists());
}

/// A panic of the application's own is no contradiction in the ledger.
#[test]
fn a_panic_while_a_verification_is_shown_reaches_its_caller() {
    let credits = Credits::in_memory().unwrap();
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    let verify = || credits.verify_with(|_| panic!("the screen is gone"));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(verify)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the screen is gone"));
    credits.verify().unwrap();
}
