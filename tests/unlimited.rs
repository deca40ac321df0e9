//! Charges that a plan covers: they cost nothing, and are booked with the price that they would have had.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{CoveredBy, DueItem, Entry, Error, ExportFormat, Rejection, Timestamp, usage_credits};

use crate::billing::script::instant;

usage_credits! {
    asset gem
    subscription_plan pro {
        gives 10.credits.every(month)
        unlimited upscale, draw
    }
    subscription_plan whole {
        unlimited
    }
    operation draw {
        costs 5.credits + 1.credit_per(2.pages)
        limit pages <= 10
    }
    operation upscale { costs 2.gems_per(piece) }
    operation video { costs 3.credits_per(minute) }
}

/// The same plan and operations under other names.
mod renamed {
    credits_runtime::usage_credits! {
        asset gem
        subscription_plan studio {
            gives 10.credits.every(month)
            unlimited sketch, upscale
            formerly pro
        }
        subscription_plan whole {
            unlimited
        }
        operation upscale { costs 2.gems_per(piece) }
        operation sketch {
            costs 6.credits
            formerly draw
        }
        operation video { costs 3.credits_per(minute) }
    }
}

/// The same plan and version, with other terms.
mod changed {
    credits_runtime::usage_credits! {
        asset gem
        subscription_plan pro {
            gives 10.credits.every(month)
            unlimited upscale
        }
        operation upscale { costs 2.gems_per(piece) }
        operation draw { costs 5.credits }
    }
}

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

struct Stage {
    clock: ManualClock,
    credits: Credits,
    ann: Wallet,
}

/// A ledger in which ann has `pro` for ten days, and 10 credits.
fn open() -> Stage {
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let ann = credits.wallet("ann");
    let stage = Stage { clock, credits, ann };
    stage.subscribe(Plan::Pro, 10);
    stage
}

impl Stage {
    fn subscribe(&self, plan: Plan, days: u32) {
        let until = self.credits.now().after(DAY * days);
        self.credits.subscribe("ann", plan).until(until).now().wait().unwrap();
    }

    fn draw(&self, pages: u64) -> Entry {
        self.ann.spend_credits_on(Operation::draw(pages)).now().wait().unwrap().entry
    }

    /// Credits, and those held.
    fn has(&self) -> (i64, i64) {
        (self.ann.credits().unwrap().get(), self.ann.held().unwrap().get())
    }
}

/// The amount, the price and the covering plan of an entry.
fn charged(entry: &Entry) -> (i64, i64, Option<&str>) {
    (entry.amount.get(), entry.price.unwrap().get(), entry.covered_by.as_ref().map(|by| by.plan.as_str()))
}

#[test]
fn a_covered_charge_says_what_it_would_have_cost() {
    let stage = open();
    let spend = || stage.ann.spend_credits_on(Operation::draw(3)).key("k").now().wait().unwrap();
    let entry = spend().entry;
    assert_eq!(charged(&entry), (0, 7, Some("pro")));
    assert_eq!(entry.covered_by.as_ref().unwrap().subscription.as_str(), "own/1/main");
    assert_eq!((entry.allocations.len(), entry.owed.get(), entry.shortfall.get()), (0, 0, 0));
    assert_eq!((entry.balance_before.get(), entry.balance_after.get()), (10, 10));
    let why = entry.explanation().unwrap();
    assert_eq!(why.to_string(), "5 + 1/2 x 3 pages = 6.5, rounded up: 7, covered by pro");
    assert_eq!(why.covered_by.as_deref(), Some("pro"));
    // Under its key it is the same entry, also once the cover has ended.
    stage.clock.advance(DAY * 11);
    let again = spend();
    assert!(again.replayed);
    assert_eq!(again.entry, entry);
    let page = stage.ann.credit_history().operation("draw").page().unwrap();
    assert_eq!(page.entries, [entry]);
    let (mut json, mut csv) = (Vec::new(), Vec::new());
    stage.credits.export(ExportFormat::JsonLines, &mut json).unwrap();
    stage.credits.export(ExportFormat::Csv, &mut csv).unwrap();
    let json = String::from_utf8(json).unwrap();
    assert!(json.contains(r#""covered_by":{"plan":"pro","subscription":"own/1/main"}"#), "{json}");
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.lines().any(|line| line.contains(",draw,7,") && line.ends_with(",pro")), "{csv}");
    stage.credits.verify().unwrap();
}

#[test]
fn only_the_plans_operations_are_covered_and_only_while_it_lasts() {
    let stage = open();
    let video = || stage.ann.spend_credits_on(Operation::video(MINUTE)).now().wait().unwrap().entry;
    let upscale = || stage.ann.spend_credits_on(Operation::upscale(1)).now().wait();
    assert_eq!(charged(&video()), (-3, 3, None));
    // It is priced in gems, of which she has none.
    assert_eq!(charged(&upscale().unwrap().entry), (0, 2, Some("pro")));
    let by = |operation: Operation| stage.ann.covered_by(operation).unwrap().map(|by: CoveredBy| by.plan);
    assert_eq!(by(Operation::draw(1)), Some("pro".to_owned()));
    assert_eq!(by(Operation::video(MINUTE)), None);
    // Every operation, in every asset.
    stage.credits.subscribe("ann", Plan::Whole).id("seat").now().wait().unwrap();
    assert_eq!(charged(&video()), (0, 3, Some("whole")));
    stage.credits.unsubscribe("ann").id("seat").now().wait().unwrap();
    assert_eq!(charged(&video()), (-3, 3, None));
    stage.clock.advance(DAY * 10);
    let refused = upscale().unwrap_err();
    assert!(refused.to_string().contains("2 gems needed"), "{refused}");
    stage.credits.verify().unwrap();
}

#[test]
fn what_is_covered_needs_no_credits_and_is_checked_all_the_same() {
    let stage = open();
    stage.ann.deduct_credits(15, "a mistake").with_debt().now().wait().unwrap();
    assert_eq!(stage.has(), (-5, 0));
    assert!(stage.ann.has_enough_credits_to(Operation::draw(2)).unwrap());
    assert!(!stage.ann.has_enough_credits_to(Operation::video(MINUTE)).unwrap());
    assert_eq!(stage.ann.estimate_credits_to(Operation::draw(2)).unwrap(), 6);
    assert_eq!(charged(&stage.draw(2)), (0, 6, Some("pro")));
    let refused = stage.ann.spend_credits_on(Operation::draw(11)).now().wait().unwrap_err();
    assert!(matches!(refused, Error::Rejected(Rejection::QuantityOverLimit { limit: 10, .. })), "{refused}");
    assert!(stage.ann.has_enough_credits_to(Operation::draw(11)).is_err());
    assert_eq!(stage.has(), (-5, 0));
    stage.credits.verify().unwrap();
}

#[test]
fn a_hold_settles_as_it_was_opened() {
    let stage = open();
    let hold = |limit| stage.ann.spend_credits_on(Operation::draw(2)).hold(limit).wait().unwrap();
    let mut held: Vec<_> = (0..6).map(|_| hold(HOUR * 2)).collect();
    let late = hold(MINUTE).into_id();
    assert_eq!((held[0].amount().get(), stage.has()), (0, (10, 0)));
    let open = &stage.ann.open_holds().unwrap()[0];
    let covers = |by: Option<&CoveredBy>| by.map(|by| by.plan.clone());
    let pro = Some("pro".to_owned());
    assert_eq!(
        (open.amount, covers(open.covered_by.as_ref()), covers(held[0].covered_by())),
        (0.into(), pro.clone(), pro)
    );
    let due = stage.credits.due().page().unwrap().items.remove(0);
    let DueItem::HoldLapses { covered_by: Some(by), .. } = due else { panic!("{due:?}") };
    assert_eq!(by.plan, "pro");
    held[0].extend(HOUR * 20).wait().unwrap();
    // The cover ends while they are open.
    stage.credits.unsubscribe("ann").at_once().now().wait().unwrap();
    stage.clock.advance(HOUR);
    let mut next = || held.remove(0);
    assert_eq!(charged(&next().settle().wait().unwrap().entry), (0, 6, Some("pro")));
    assert_eq!(charged(&next().settle_for(Operation::draw(9)).wait().unwrap().entry), (0, 10, Some("pro")));
    assert_eq!(charged(&next().settle_amount(1).wait().unwrap().entry), (0, 1, Some("pro")));
    // Another operation is another charge.
    let video = next().settle_for(Operation::video(MINUTE)).wait().unwrap().entry;
    assert_eq!(charged(&video), (-3, 3, None));
    next().release().wait().unwrap();
    let settled = stage.ann.settle(late).wait().unwrap();
    assert!(settled.late);
    assert_eq!(charged(&settled.entry), (0, 6, Some("pro")));
    assert_eq!(charged(&next().settle().wait().unwrap().entry), (0, 6, Some("pro")));
    assert_eq!(stage.has(), (7, 0));
    // A hold that was opened without a cover is charged although there is one by now.
    let charged_hold = hold(HOUR);
    assert_eq!(stage.has(), (1, 6));
    stage.subscribe(Plan::Pro, 10);
    assert_eq!(charged(&charged_hold.settle().wait().unwrap().entry), (-6, 6, None));
    stage.credits.verify().unwrap();
}

#[test]
fn covered_work_is_run_once_under_its_key() {
    let stage = open();
    let run = || {
        let spend = stage.ann.spend_credits_on(Operation::draw(2)).key("job");
        spend.run_with(|charge| Ok::<_, Infallible>(charge.amount().get()))
    };
    assert_eq!(run().unwrap(), 0);
    let again = run().unwrap_err();
    assert!(matches!(again, credits_runtime::RunError::AlreadyCharged(_)), "{again}");
    assert_eq!(stage.has(), (10, 0));
}

#[test]
fn nothing_of_a_covered_charge_can_be_reversed() {
    let stage = open();
    let charge = stage.draw(2).number;
    for amount in [None, Some(1)] {
        let reversal = stage.ann.reverse_charge(charge);
        let reversal = match amount {
            Some(amount) => reversal.amount(amount),
            None => reversal,
        };
        let refused = reversal.now().wait().unwrap_err();
        let Error::Rejected(rejection) = &refused else { panic!("{refused}") };
        assert_eq!(rejection.code(), "reversal_exceeds_charge");
    }
}

#[test]
fn covered_charges_have_accounts_of_their_own() {
    let stage = open();
    stage.draw(2);
    stage.draw(3);
    stage.ann.spend_credits_on(Operation::upscale(2)).now().wait().unwrap();
    stage.credits.subscribe("ann", Plan::Whole).id("seat").now().wait().unwrap();
    stage.credits.unsubscribe("ann").at_once().now().wait().unwrap();
    stage.credits.unsubscribe("ann").id("seat").now().wait().unwrap();
    stage.draw(2);
    let totals = stage.credits.totals().unwrap();
    let of = |account: &str| -> Vec<_> {
        let of = totals.iter().filter(|total| total.account == account && total.is_operation);
        of.map(|total| (total.asset.as_str(), total.is_covered, total.amount, total.entries)).collect()
    };
    assert_eq!(of("draw"), [("credits", false, -6, 1), ("credits", true, -13, 2)]);
    assert_eq!(of("upscale"), [("gem", true, -4, 1)]);
    let moved: i128 = totals.iter().filter(|total| !total.is_covered).map(|total| total.amount).sum();
    assert_eq!(moved, 4, "what the wallets have");
    let today = stage.credits.activity(1).unwrap().remove(0);
    let lost: Vec<_> =
        today.accounts.iter().map(|it| (it.account.as_str(), it.is_covered, it.lost)).collect();
    assert_eq!(
        lost,
        [("draw", false, 6), ("draw", true, 13), ("subscription_credits", false, 0), ("upscale", true, 4)]
    );
    let report = stage.credits.what_if(&changed::Pricing::catalog(), Timestamp::MIN).run().unwrap();
    let of = |name: &str| report.operations.iter().find(|it| it.operation == name).unwrap();
    assert_eq!((of("draw").covered, of("draw").charges, of("draw").charged), (2, 1, 6));
    assert_eq!((of("upscale").covered, of("upscale").charges), (1, 0));
    assert_eq!((of("draw").would_be, report.not_comparable), (5, 0));
    stage.credits.verify().unwrap();
}

#[test]
fn covers_are_there_after_a_kill_and_under_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.subscribe("ann", Plan::Pro).now().wait().unwrap();
    let ann = credits.wallet("ann");
    let hold = ann.spend_credits_on(Operation::draw(2)).hold(HOUR).wait().unwrap().into_id();
    ann.spend_credits_on(Operation::upscale(1)).now().wait().unwrap();
    // The files as a killed process leaves them.
    let killed = folder.path().join("killed.redb");
    fs::copy(&path, &killed).unwrap();
    fs::copy(log(&path), log(&killed)).unwrap();
    credits.close().unwrap();
    let credits = Credits::builder().clock(clock.clone()).open(&killed).unwrap();
    let ann = credits.wallet("ann");
    assert_eq!(charged(&ann.settle(hold).wait().unwrap().entry), (0, 6, Some("pro")));
    assert!(ann.has_enough_credits_to(Operation::upscale(9)).unwrap());
    credits.verify().unwrap();
    credits.close().unwrap();
    // Neither a plan's new name nor an operation's changes the terms.
    let credits = renamed::Credits::builder().clock(clock.clone()).open(&killed).unwrap();
    let ann = credits.wallet("ann");
    let entry = ann.spend_credits_on(renamed::Operation::sketch()).now().wait().unwrap().entry;
    assert_eq!(charged(&entry), (0, 6, Some("studio")));
    assert_eq!(entry.explanation().unwrap().to_string(), "6, covered by studio");
    credits.verify().unwrap();
    credits.close().unwrap();
    // Other operations are other terms, which need a version.
    let refused = changed::Credits::builder().clock(clock).open(&path).unwrap_err();
    assert!(refused.to_string().contains("version"), "{refused}");
}

mod first {
    credits_runtime::usage_credits! {
        settings { low_balance_threshold 50.credits, 5.gems }
        asset gem
        subscription_plan whole { unlimited }
        subscription_plan some { unlimited draw }
        operation draw { costs 5.credits }
        operation cut { costs 2.gems }
    }
}

/// One more asset, and an operation that costs another one.
mod second {
    credits_runtime::usage_credits! {
        asset gem
        asset star
        subscription_plan whole { unlimited }
        subscription_plan some { unlimited draw }
        operation draw { costs 5.gems }
        operation twinkle { costs 2.stars }
    }
}

/// Without operations in gems.
mod third {
    credits_runtime::usage_credits! {
        asset gem
        subscription_plan whole { unlimited }
        subscription_plan some { unlimited draw }
        operation draw { costs 5.credits }
    }
}

/// Whether a plan covers each of these operations.
macro_rules! covers {
    ($wallet:expr, $($operation:expr),+) => { [$($wallet.covered_by($operation).unwrap().is_some()),+] };
}

#[test]
fn another_price_list_covers_its_own_operations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = first::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.subscribe("ann", first::Plan::Whole).now().wait().unwrap();
    credits.subscribe("bob", first::Plan::Some).now().wait().unwrap();
    credits.close().unwrap();
    // Back and forth, also to a list that was declared before.
    for _ in 0..2 {
        let credits = second::Credits::builder().clock(clock.clone()).open(&path).unwrap();
        let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
        assert_eq!(covers!(ann, second::Operation::draw(), second::Operation::twinkle()), [true, true]);
        assert_eq!(covers!(bob, second::Operation::draw(), second::Operation::twinkle()), [true, false]);
        let entry = bob.spend_credits_on(second::Operation::draw()).now().wait().unwrap().entry;
        assert_eq!(charged(&entry), (0, 5, Some("some")));
        credits.verify().unwrap();
        credits.close().unwrap();
        let credits = first::Credits::builder().clock(clock.clone()).open(&path).unwrap();
        let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
        assert_eq!(covers!(ann, first::Operation::draw(), first::Operation::cut()), [true, true]);
        assert_eq!(covers!(bob, first::Operation::draw(), first::Operation::cut()), [true, false]);
        credits.verify().unwrap();
        credits.close().unwrap();
    }
    // What ends under a list without an asset has ended under one that has it again.
    let credits = third::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.unsubscribe("ann").at_once().now().wait().unwrap();
    credits.close().unwrap();
    let credits = first::Credits::builder().clock(clock).open(&path).unwrap();
    assert_eq!(
        covers!(credits.wallet("ann"), first::Operation::draw(), first::Operation::cut()),
        [false, false]
    );
    credits.verify().unwrap();
}

#[test]
fn a_kill_after_a_change_of_price_list_leaves_no_cover_of_the_other_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: u32| folder.path().join(format!("{number}.redb"));
    // The files as a killed process leaves them.
    let killed = |from: u32, to: u32| {
        fs::copy(path(from), path(to)).unwrap();
        fs::copy(log(&path(from)), log(&path(to))).unwrap();
    };
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = first::Credits::builder().clock(clock.clone()).open(path(1)).unwrap();
    credits.subscribe("bob", first::Plan::Some).now().wait().unwrap();
    killed(1, 2);
    let credits = second::Credits::builder().clock(clock.clone()).open(path(2)).unwrap();
    assert_eq!(covers!(credits.wallet("bob"), second::Operation::draw()), [true]);
    killed(2, 3);
    let credits = first::Credits::builder().clock(clock.clone()).open(path(3)).unwrap();
    assert_eq!(
        covers!(credits.wallet("bob"), first::Operation::draw(), first::Operation::cut()),
        [true, false]
    );
    killed(3, 4);
    let credits = second::Credits::builder().clock(clock).open(path(4)).unwrap();
    assert_eq!(covers!(credits.wallet("bob"), second::Operation::draw()), [true]);
    credits.verify().unwrap();
}

#[test]
fn another_price_list_waits_for_the_clock_to_be_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = first::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.subscribe("bob", first::Plan::Some).now().wait().unwrap();
    credits.close().unwrap();
    clock.set(instant("2028-01-01"));
    let credits = second::Credits::builder().clock(clock).open(&path).unwrap();
    let bob = credits.wallet("bob");
    assert_eq!(covers!(bob, second::Operation::draw()), [false]);
    credits.confirm_clock();
    credits.book_due().unwrap();
    assert_eq!(covers!(bob, second::Operation::draw()), [true]);
    credits.verify().unwrap();
}

#[test]
fn whoever_is_covered_and_had_no_credits_is_not_short_of_them() {
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = first::Credits::builder().clock(clock).in_memory().unwrap();
    credits.subscribe("ann", first::Plan::Whole).now().wait().unwrap();
    assert_eq!(credits.low().page().unwrap().owners, []);
    assert_eq!(credits.assets_of("ann").unwrap(), [""; 0]);
    assert_eq!(credits.due().until(Timestamp::MAX).page().unwrap().items, []);
    let ann = credits.wallet("ann");
    ann.spend_credits_on(first::Operation::draw()).now().wait().unwrap();
    assert_eq!(credits.assets_of("ann").unwrap(), ["credits"]);
    assert_eq!(credits.low().page().unwrap().owners.len(), 1);
    credits.verify().unwrap();
}

#[test]
fn a_covered_hold_settles_as_another_operation_of_its_plan() {
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = renamed::Credits::builder().clock(clock).in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(1).now().wait().unwrap();
    let hold = |credits: &renamed::Credits| {
        let ann = credits.wallet("ann");
        ann.spend_credits_on(renamed::Operation::sketch()).hold(HOUR).wait().unwrap()
    };
    credits.subscribe("ann", renamed::Plan::Whole).now().wait().unwrap();
    let entry = hold(&credits).settle_for(renamed::Operation::video(MINUTE)).wait().unwrap().entry;
    assert_eq!(charged(&entry), (0, 3, Some("whole")));
    // Whichever subscription of the plan covers that operation by now.
    let open = hold(&credits);
    credits.unsubscribe("ann").at_once().now().wait().unwrap();
    credits.subscribe("ann", renamed::Plan::Whole).id("extra").now().wait().unwrap();
    let entry = open.settle_for(renamed::Operation::video(MINUTE)).wait().unwrap().entry;
    assert_eq!(charged(&entry), (0, 3, Some("whole")));
    assert_eq!(entry.covered_by.unwrap().subscription.as_str(), "own/1/extra");
    credits.unsubscribe("ann").id("extra").at_once().now().wait().unwrap();
    credits.subscribe("ann", renamed::Plan::Whole).now().wait().unwrap();
    // Not beyond the end of its cover.
    let open = hold(&credits);
    credits.unsubscribe("ann").at_once().now().wait().unwrap();
    let entry = open.settle_for(renamed::Operation::video(MINUTE)).wait().unwrap().entry;
    assert_eq!((charged(&entry), entry.shortfall.get()), ((-1, 3, None), 2));
    credits.verify().unwrap();
}

#[test]
fn a_hold_settles_in_its_own_asset() {
    let stage = open();
    for (held, other) in
        [(Operation::video(MINUTE), Operation::upscale(1)), (Operation::draw(1), Operation::upscale(1))]
    {
        let hold = stage.ann.spend_credits_on(held).hold(HOUR).wait().unwrap();
        let refused = hold.settle_for(other).wait().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`upscale` costs gem, and the hold set credits aside: settle it for an operation that costs credits"
        );
    }
    assert_eq!(stage.ann.credits().unwrap(), 7, "the holds are open until their limit");
    stage.credits.verify().unwrap();
}

fn log(path: &Path) -> std::path::PathBuf {
    path.with_extension("redb-log")
}
