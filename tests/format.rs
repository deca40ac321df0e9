//! The file: one that an earlier version wrote is opened by this one, and the format's document is enough to read it.

mod reader;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, ExportFormat, Timestamp};

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

pub(crate) use pricing::Credits;
use pricing::{Asset, Operation, PaintQuality};

const MINUTE: Duration = Duration::from_mins(1);

/// Where the ledgers of released versions are, with what they held.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A fact of every kind.
fn live(path: &Path) -> Result<(), Error> {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock.clone()).open(path)?;
    let [ann, bob] = ["user:ann", "user:bob"].map(|owner| credits.wallet(owner));
    ann.give_credits(100)
        .reason("signup")
        .key("welcome")
        .metadata(serde_json::json!({ "job": 17 }))
        .now()
        .wait()?;
    ann.give_credits(50).expires_in(MINUTE * 30).priority(7).only_for(["step", "paint"]).now().wait()?;
    ann.give_credits(5).category("tip").paid().now().wait()?;
    ann.spend_credits_on(Operation::step(3)).key("job-17").now().wait()?;
    ann.spend_credits_on(Operation::paint(Duration::from_secs(100), PaintQuality::Hd)).now().wait()?;
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
    ann.of(Asset::Gems).give_credits(4).now().wait()?;
    ann.spend_credits_on(Operation::polish(1)).now().wait()?;
    for _ in 0..70 {
        ann.spend_credits_on(Operation::step(0)).now().wait()?;
    }
    let _left_open = ann.spend_credits_on(Operation::step(2)).hold(MINUTE * 600).wait()?.into_id();
    credits.close()
}

/// The fixture in a folder of its own, where it may be written.
fn opened() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    fs::copy(fixture("format-1.redb"), &path).unwrap();
    (folder, path)
}

#[test]
fn a_ledger_of_the_first_format_is_what_it_was() {
    if env::var_os("WRITE_FIXTURE").is_some() {
        fs::create_dir_all(fixture("")).unwrap();
        live(&fixture("format-1.redb")).unwrap();
        fs::remove_file(fixture("format-1.redb.id")).unwrap();
    }
    let (_folder, path) = opened();
    let clock = ManualClock::at("2026-01-01T01:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock).open(&path).unwrap();
    let mut lines = Vec::new();
    credits.export(ExportFormat::JsonLines, &mut lines).unwrap();
    if env::var_os("WRITE_FIXTURE").is_some() {
        fs::write(fixture("format-1.jsonl"), &lines).unwrap();
    }
    assert_eq!(String::from_utf8(lines).unwrap(), fs::read_to_string(fixture("format-1.jsonl")).unwrap());
    credits.verify().unwrap();
    let ann = credits.wallet("user:ann");
    assert_eq!(ann.open_holds().unwrap().len(), 1);
    assert!(ann.spend_credits_on(Operation::step(3)).key("job-17").now().wait().unwrap().replayed);
}
