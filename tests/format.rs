//! The file format: checked-in ledgers can be opened, and `docs/FORMAT.md` is enough to read a ledger and its
//! log.

pub(crate) mod frames;
pub(crate) mod pages;
pub(crate) mod reader;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use credits_runtime::billing::{AwardId, BillingEvent, Happening};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock as _, Error, ExportFormat, Owner, Timestamp};

use crate::billing::script::{What, object, steps};

mod pricing {
    credits_runtime::usage_credits! {
        settings { categories tip allow_negative_balance up_to 40.credits overrun debt }
        asset gem
        operation step { costs 1.credit_per(page) }
        operation paint { costs by quality { standard => 2.credits, hd => 5.credits } + 3.credits_per(2.minutes) }
        operation polish { costs 1.gem_per(piece) }
        operation negotiated {
            with discount: i64
            costs { 10 - discount }
        }
    }
}

mod sale {
    credits_runtime::usage_credits! {
        subscription_plan starter {
            stripe_price "price_starter"
            gives 500.credits.every(month)
            signup_bonus 100.credits
            trial_includes 50.credits
        }
        subscription_plan max {
            stripe_price month: "price_max", year: "price_max_year"
            gives 3_000.credits.every(month)
            unused_credits rollover up_to 4_000.credits
            expire_after 30.days
        }
        credit_pack boost {
            stripe_price "price_boost"
            gives 1_000.credits
            bonus 100.credits
            costs 9.dollars
            expires_after 12.months
        }
        subscription_plan open {
            unlimited step
        }
        operation step { costs 1.credit_per(page) }
    }
}

pub(crate) use pricing::Credits;
use pricing::Operation;

/// Path of a checked-in ledger or of its export.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Billing events of every kind, in order.
const SOLD: &str = "
    2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-08 anchor=2026-01-08
    2026-01-02   pack cs1 pi1 boost
    .            give 10
    2026-01-03   refund pi1 re1 450
    .            refunded pi1 450
    2026-01-04   dispute pi1 dp1 900
    2026-01-05   reinstated pi1 dp1
    2026-01-06   refund pi1 re1 450 failed
    2026-01-08   paid in1 s1 starter 2026-01-08..2026-02-08 begins by=pi2
    2026-01-20   state s1 max was=starter anchor=2026-01-08
    .            paid in2 s1 starter 2026-01-20..2026-02-08 amount=-100 proration and s1 max 2026-01-20..2026-02-08 amount=900 proration
    2026-01-25   state s1 max anchor=2026-01-08 ends=2026-02-08
    2026-02-08   paid in3 s2 mystery 2026-02-08..2026-03-08 begins
    2026-02-09   state s2 mystery
    2026-02-10   state s4 starter
    .            paid in4 s4 starter 2026-02-10..2026-03-10
    .            state s5 max
    .            paid in7 s5 max 2026-02-10..2026-03-10
    .            give 10
    2026-02-10T01  paid in5 s4 starter 2026-02-10T01..2026-03-10 amount=-400 proration
    2026-02-10T02  paid in6 s4 starter 2026-02-10T01..2026-03-10 amount=400 proration
    2026-02-10T03  look";

fn sell(path: &Path) -> Result<(), Error> {
    let steps = steps(SOLD);
    let clock = ManualClock::at(steps[0].at);
    let credits = sale::Credits::builder()
        .clock(clock.clone())
        .stress_maintenance()
        .narrow_waiting_room()
        .open(path)?;
    let ann = credits.wallet("ann");
    for step in steps {
        clock.set(step.at);
        match step.what {
            What::Event(event) => drop(credits.receive(*event).wait()?),
            What::Give(amount) => {
                ann.give_credits(amount).now().wait()?;
                ann.spend_credits_on(sale::Operation::step(700)).now().wait()?;
            }
            _ => credits.book_due()?,
        }
    }
    for number in 0..21 {
        // One event more than a narrow waiting room keeps for an object.
        let object = object("cus_of_nobody");
        let (at, what) = (clock.now().after(Duration::from_secs(number)), Happening::OwnerNamed);
        credits.receive(BillingEvent { at, objects: vec![object], owner: None, what }).wait()?;
    }
    credits.link(object("cus_of_nobody"), "cy").wait()?;
    credits.subscribe("dee", sale::Plan::Max).complimentary().now().wait()?;
    credits.subscribe("dee", sale::Plan::Max).quantity(2).complimentary().now().wait()?;
    credits.unsubscribe("dee").now().wait()?;
    let (at, what) = (clock.now(), Happening::OwnerNamed);
    credits.receive(BillingEvent { at, objects: vec![object("cus_of_others")], owner: None, what }).wait()?;
    ann.give_credits(1_000).key("sorry").now().wait()?;
    for job in 0..40 {
        ann.spend_credits_on(sale::Operation::step(job)).key(format!("job-{job}")).now().wait()?;
    }
    hold(&ann)?;
    before(&credits)?;
    cover(&credits)?;
    credits.close()
}

/// Marks a pack as given before, and returns credits that a refund had forgiven.
fn before(credits: &sale::Credits) -> Result<(), Error> {
    let say = |text: &str| {
        let steps = steps(&format!("{} {text}", credits.now()));
        let What::Event(event) = &steps[0].what else { panic!("`{text}` is no event") };
        credits.receive(BillingEvent { owner: Owner::new("dan").ok(), ..BillingEvent::clone(event) }).wait()
    };
    let dan = credits.wallet("dan");
    let left = dan.give_credits(30).now().wait()?.entry.number;
    let pack = AwardId::Pack(object("cs8"));
    credits.given_before("dan", pack, 1_100).grant(left).now().wait()?;
    say("pack cs8 pi8 boost")?;
    say("state s8 starter")?;
    say("paid in8 s8 starter 2026-02-10..2026-03-10 by=pi9")?;
    let charge = dan.spend_credits_on(sale::Operation::step(400)).now().wait()?.entry.number;
    say("refund pi9 re9 1000")?;
    dan.reverse_charge(charge).reason("failed").key("reversal").now().wait()?;
    Ok(())
}

/// Charges what a plan covers, at once and by settling a hold; another hold stays open.
fn cover(credits: &sale::Credits) -> Result<(), Error> {
    let eve = credits.wallet("eve");
    credits.subscribe("eve", sale::Plan::Open).now().wait()?;
    eve.spend_credits_on(sale::Operation::step(3)).now().wait()?;
    let hold = |pages| eve.spend_credits_on(sale::Operation::step(pages)).hold(Duration::from_mins(15));
    hold(4).wait()?.settle().wait()?;
    let _id = hold(5).wait()?.into_id();
    Ok(())
}

/// Opens three holds: one is settled, one is released, one stays open.
fn hold(ann: &sale::Wallet) -> Result<(), Error> {
    let hold = |key: &str, pages| {
        let spend = ann.spend_credits_on(sale::Operation::step(pages)).key(key);
        spend.metadata(serde_json::json!({ "page": pages })).hold(Duration::from_mins(15)).wait()
    };
    hold("settled", 5)?.settle().wait()?;
    hold("released", 6)?.release().wait()?;
    let _id = hold("open", 7)?.into_id();
    Ok(())
}

/// Copies a fixture to a temporary folder, where it may be written.
fn opened(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    fs::copy(fixture(name), &path).unwrap();
    (folder, path)
}

const MINUTE: Duration = Duration::from_mins(1);

/// Writes a fact of every kind that wallets have.
fn live(path: &Path) -> Result<(), Error> {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock.clone()).open(path)?;
    let [ann, bob] = ["user:ann", "user:bob"].map(|owner| credits.wallet(owner));
    let welcome = ann.give_credits(100).reason("signup").key("welcome");
    welcome.metadata(serde_json::json!({ "job": 17 })).now().wait()?;
    ann.give_credits(50).expires_in(MINUTE * 30).priority(7).only_for(["step", "paint"]).now().wait()?;
    ann.give_credits(5).category("tip").paid().now().wait()?;
    ann.spend_credits_on(Operation::step(3)).key("job-17").now().wait()?;
    let painted = Operation::paint(Duration::from_secs(100), pricing::PaintQuality::Hd);
    ann.spend_credits_on(painted).now().wait()?;
    ann.spend_credits_on(Operation::negotiated(4)).now().wait()?;
    let lapses = ann.spend_credits_on(Operation::step(45)).hold(MINUTE * 31).wait()?.into_id();
    let mut hold = ann.spend_credits_on(Operation::step(10)).key("job-18").hold(MINUTE).wait()?;
    hold.extend(MINUTE * 60).wait()?;
    clock.advance(MINUTE * 31);
    credits.book_due()?;
    ann.settle(lapses).wait()?;
    hold.settle_amount(12).wait()?;
    ann.spend_credits_on(Operation::step(1)).hold(MINUTE).wait()?.release().wait()?;
    let sent = ann.transfer_to(&bob, 20).including_promotional().now().wait()?;
    bob.spend_credits_on(Operation::step(35)).now().wait()?;
    ann.reverse_transfer(sent.id).with_debt().now().wait()?;
    bob.give_credits(60).now().wait()?;
    bob.deduct_credits(3, "given by mistake").now().wait()?;
    bob.adjust_credits(-2, "correction").now().wait()?;
    let gift = ann.give_credits(9).now().wait()?.entry.number;
    ann.revoke_grant(gift, "never mind").now().wait()?;
    reverse(&ann)?;
    ann.of(pricing::Asset::Gems).give_credits(4).now().wait()?;
    ann.spend_credits_on(Operation::polish(1)).now().wait()?;
    for _ in 0..70 {
        ann.spend_credits_on(Operation::step(0)).now().wait()?;
    }
    let _left_open = ann.spend_credits_on(Operation::step(2)).hold(MINUTE * 600).wait()?.into_id();
    credits.close()
}

/// Reverses two charges, the second of credits that the first reversal returned.
fn reverse(ann: &pricing::Wallet) -> Result<(), Error> {
    ann.give_credits(6).expires_in(MINUTE * 600).priority(1).now().wait()?;
    let first = ann.spend_credits_on(Operation::step(6)).now().wait()?.entry.number;
    ann.reverse_charge(first).amount(4).reason("blurred").key("reversal").now().wait()?;
    let second = ann.spend_credits_on(Operation::step(4)).now().wait()?.entry.number;
    ann.reverse_charge(second).now().wait()?;
    ann.reverse_charge(first).now().wait()?;
    Ok(())
}

/// Writes a fixture again if `WRITE_FIXTURE` is set.
fn written(name: &str, write: impl FnOnce(&Path) -> Result<(), Error>) {
    if env::var_os("WRITE_FIXTURE").is_some() {
        let path = fixture(&format!("{name}.redb"));
        fs::create_dir_all(fixture("")).unwrap();
        fs::remove_file(&path).ok();
        write(&path).unwrap();
        fs::remove_file(path.with_extension("redb-log")).unwrap();
    }
}

/// Compares a fixture's export with the one beside it.
fn check_export(name: &str, export: impl FnOnce(&mut Vec<u8>) -> Result<u64, Error>) {
    let (path, mut lines) = (fixture(&format!("{name}.jsonl")), Vec::new());
    export(&mut lines).unwrap();
    if env::var_os("WRITE_FIXTURE").is_some() {
        fs::write(&path, &lines).unwrap();
    }
    assert_eq!(str::from_utf8(&lines).unwrap(), fs::read_to_string(path).unwrap());
}

#[test]
fn a_ledger_with_subscriptions_is_what_it_was() {
    written("sale", sell);
    let (_folder, path) = opened("sale.redb");
    let clock = ManualClock::at("2026-02-10T03:00:00Z".parse::<Timestamp>().unwrap());
    let credits = sale::Credits::builder().clock(clock).open(&path).unwrap();
    check_export("sale", |lines| credits.export(ExportFormat::JsonLines, lines));
    let ann = credits.wallet("ann");
    assert_eq!((ann.subscriptions().unwrap().len(), ann.purchases().unwrap().len()), (4, 1));
    credits.verify().unwrap();
    // An unknown price, an event that was dropped for lack of room, and a waiting event.
    assert_eq!(credits.unresolved().unwrap().len(), 3);
}

#[test]
fn a_ledger_of_wallets_is_what_it_was() {
    written("wallets", live);
    let (_folder, path) = opened("wallets.redb");
    let clock = ManualClock::at("2026-01-01T01:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock).open(&path).unwrap();
    check_export("wallets", |lines| credits.export(ExportFormat::JsonLines, lines));
    credits.verify().unwrap();
    let ann = credits.wallet("user:ann");
    assert_eq!(ann.open_holds().unwrap().len(), 1);
    assert!(ann.spend_credits_on(Operation::step(3)).key("job-17").now().wait().unwrap().replayed);
}
