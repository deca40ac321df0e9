//! Words for people: amounts, money, labels, descriptions; and texts that are refused or made harmless.

use std::time::{Duration, SystemTime};

use credits_runtime::catalogue::Money;
use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Amount, Category, Cursor, Entry, Error, ExportFormat, LedgerErrorKind, Rejection, Timestamp, WalletState,
    usage_credits,
};

usage_credits! {
    operation process_document { costs 5.credits }
}

mod in_cents {
    credits_runtime::usage_credits! {
        settings { credits_named "$0.01", "$" }
        operation call { costs 5.credits }
        operation meet { costs 5.credits_per(minute) }
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result {
        Err(Error::Rejected(rejection)) => rejection.code(),
        other => panic!("{other:?}"),
    }
}

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Rejected(rejection)) => rejection.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn amounts_read_as_people_write_them() {
    assert_eq!(Amount::from(1_250_000).grouped(), "1,250,000");
    assert_eq!(Amount::new(i64::MIN).grouped(), "-9,223,372,036,854,775,808");
    let ann = Credits::in_memory().unwrap().wallet("ann");
    ann.give_credits(1_250).now().wait().unwrap();
    assert_eq!(ann.formatted_credits().unwrap(), "1,250 credits");
    let paid = in_cents::Credits::in_memory().unwrap().wallet("ann");
    let entry = paid.give_credits(125_000).now().wait().unwrap().entry;
    assert_eq!(
        (paid.formatted_credits().unwrap(), entry.formatted_amount()),
        ("$1,250.00".into(), "+$1,250.00".into())
    );
    let entry = paid.spend_credits_on(in_cents::Operation::Call).now().wait().unwrap().entry;
    assert_eq!(
        (entry.formatted_amount(), entry.formatted_balance_after()),
        ("-$0.05".into(), "$1,249.95".into())
    );
    for (minor, code, shown) in [
        (130_000, "usd", "$1,300.00"),
        (-905, "chf", "-9.05 CHF"),
        (1_300, "jpy", "\u{a5}1,300"),
        (1, "kwd", "0.001 KWD"),
    ] {
        assert_eq!(Money::new(minor, code).unwrap().formatted().to_string(), shown);
    }
}

#[test]
fn missing_money_reads_as_the_money_that_is_shown() {
    let ann = in_cents::Credits::in_memory().unwrap().wallet("ann");
    ann.give_credits(100).now().wait().unwrap();
    assert_eq!(
        message(ann.spend_credits_on(in_cents::Operation::meet(100)).now().wait()),
        "$5.00 needed for `meet`, $1.00 available: give or buy at least $4.00 more"
    );
    assert_eq!(
        message(ann.deduct_credits(101, "sold").now().wait()),
        "$1.01 needed, $1.00 available: take up to $1.00, or allow debt with `.with_debt()`"
    );
    let many = Credits::in_memory().unwrap().wallet("ann");
    assert_eq!(
        message(many.deduct_credits(2_500, "sold").now().wait()),
        "2,500 credits needed, 0 available: allow debt with `.with_debt()`"
    );
}

#[test]
fn entries_describe_themselves() {
    let credits = Credits::in_memory().unwrap();
    let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
    ann.give_credits(20).now().wait().unwrap();
    ann.give_credits(20).reason("Summer BONUS").now().wait().unwrap();
    ann.spend_credits_on(Operation::ProcessDocument).now().wait().unwrap();
    ann.transfer_to(&bob, 5).now().wait().unwrap();
    let descriptions = |wallet: &Wallet| -> Vec<String> {
        wallet
            .credit_history()
            .oldest_first()
            .page()
            .unwrap()
            .entries
            .iter()
            .map(Entry::description)
            .collect()
    };
    assert_eq!(
        descriptions(&ann),
        ["Manual adjustment", "Summer BONUS", "Process document", "Transfer to bob"]
    );
    assert_eq!(descriptions(&bob), ["Transfer from ann"]);
    assert_eq!(ann.credit_history().category(Category::Bonus).page().unwrap().entries.len(), 1);
    assert_eq!(Category::from("payout_requested").label(), "Payout requested");
}

#[test]
fn pages_go_back_and_cursors_are_text() {
    let ann = Credits::in_memory().unwrap().wallet("ann");
    for amount in 1..=150 {
        ann.give_credits(amount).now().wait().unwrap();
    }
    for oldest_first in [false, true] {
        let query = || {
            let query = ann.credit_history().limit(7);
            if oldest_first { query.oldest_first() } else { query }
        };
        let (mut pages, mut next) = (vec![query().page().unwrap()], None);
        while let Some(cursor) = pages.last().unwrap().next {
            let text = cursor.to_string();
            next = Some(text.parse::<Cursor>().unwrap());
            pages.push(query().after(next).page().unwrap());
        }
        assert_eq!((pages.len(), next.is_some()), (22, true));
        // Back from the last page, page by page.
        let mut page = pages.last().unwrap().clone();
        for expected in pages.iter().rev().skip(1) {
            page = query().before(page.previous).page().unwrap();
            assert_eq!(page.entries, expected.entries);
        }
        assert_eq!(page.previous, None);
        let forward = query().after(page.next).page().unwrap();
        assert_eq!(forward.entries, pages[1].entries);
    }
    assert!("x".parse::<Cursor>().is_err());
}

#[test]
fn entries_and_states_read_back_from_json() {
    let ann = Credits::in_memory().unwrap().wallet("ann");
    ann.give_credits(20).key("k").expires_in(Duration::from_hours(1)).now().wait().unwrap();
    let entry = ann.spend_credits_on(Operation::ProcessDocument).now().wait().unwrap().entry;
    let read: Entry = serde_json::from_value(serde_json::to_value(&entry).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&entry).unwrap());
    let state = ann.read().wait().unwrap();
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<WalletState>(&text).unwrap(), state);
    let owner = serde_json::from_str::<credits_runtime::Owner>("\"a\\nb\"");
    assert!(owner.unwrap_err().to_string().contains("has a control character"));
}

#[test]
fn instants_out_of_range_say_so() {
    let error = |text: &str| text.parse::<Timestamp>().unwrap_err().to_string();
    assert_eq!(error("tomorrow"), "`tomorrow` is no instant: write it as in 2026-01-31T12:00:00Z");
    assert_eq!(
        error("1969-12-31T23:59:59Z"),
        "1969-12-31T23:59:59Z is out of range: instants are from 1970-01-01T00:00:00Z to 9999-12-30T22:00:00.999999Z"
    );
    let at: Timestamp = "2026-01-31T12:00:00.000001Z".parse().unwrap();
    assert_eq!(Timestamp::from(SystemTime::from(at)), at);
    let ann = Credits::in_memory().unwrap().wallet("ann");
    assert_eq!(code(ann.give_credits(1).expires_in(Duration::MAX).now().wait()), "expiry_out_of_range");
    assert_eq!(code(ann.give_credits(1).expires_at(SystemTime::UNIX_EPOCH).now().wait()), "expiry_in_past");
}

#[test]
fn texts_that_deceive_are_refused() {
    let credits = Credits::in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(9).now().wait().unwrap();
    for (text, rule) in [
        ("  ", "is blank"),
        ("\u{a0}\u{2003}", "is blank"),
        ("an\u{202e}nn", "has a character that changes the direction of writing"),
        ("a\u{2066}b", "has a character that changes the direction of writing"),
        ("a\nb", "has a control character"),
    ] {
        for refused in
            [credits.wallet(text).credits().map(drop), ann.deduct_credits(1, text).now().wait().map(drop)]
        {
            let Err(Error::Rejected(rejection)) = refused else { panic!("{text:?}: {refused:?}") };
            assert!(rejection.to_string().contains(rule), "{text:?}: {rejection}");
        }
        assert_eq!(code(ann.give_credits(1).key(text).now().wait()), "key_invalid");
        assert_eq!(code(ann.give_credits(1).reason(text).now().wait()), "reason_invalid");
    }
    for text in ["\u{200b}", "\u{2060} \u{feff}"] {
        assert!(message(ann.deduct_credits(1, text).now().wait()).contains("is blank"), "{text:?}");
    }
    let empty = ann.adjust_credits(1, "").now().wait();
    assert!(
        matches!(&empty, Err(Error::Rejected(Rejection::ReasonInvalid { rule, .. })) if rule == "is empty")
    );
    assert_eq!(ann.credits().unwrap(), 9);
}

/// The first and the last of each range of `Default_Ignorable_Code_Point` is refused in names, and the characters around the
/// range are not. Reasons may have them: joiners make emoji and Persian words, and direction marks order mixed writing.
#[test]
fn names_show_every_character_and_reasons_are_written_in_any_language() {
    let credits = Credits::in_memory().unwrap();
    let ann = credits.wallet("ann");
    for invisible in [
        0xad, 0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f, 0x200b, 0x200d, 0x2060, 0x2065, 0x206a,
        0x206f, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff0, 0xfff8, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a,
        0xe0000, 0xe0001, 0xe0100, 0xe0fff,
    ] {
        let name = format!("a{}b", char::from_u32(invisible).unwrap());
        let shown = message(credits.wallet(&name).credits());
        assert!(shown.contains("has an invisible character"), "{invisible:x}: {shown}");
        assert_eq!(code(ann.give_credits(1).key(&name).now().wait()), "key_invalid", "{invisible:x}");
        ann.give_credits(1).reason(&name).now().wait().unwrap();
    }
    for mark in ['\u{61c}', '\u{200e}', '\u{200f}'] {
        let name = format!("a{mark}b");
        assert!(message(credits.wallet(&name).credits()).contains("changes the direction"), "{mark:?}");
        ann.give_credits(1).reason(&name).now().wait().unwrap();
    }
    for visible in [
        0xac, 0xae, 0x34e, 0x350, 0x115e, 0x1161, 0x17b3, 0x17b6, 0x180a, 0x1810, 0x200a, 0x2010, 0x3163,
        0x3165, 0xfdff, 0xfe10, 0xfefe, 0xff00, 0xff9f, 0xffa1, 0xffef, 0xfff9, 0x1bc9f, 0x1bca4, 0x1d172,
        0x1d17b, 0xdffff, 0xe1000,
    ] {
        let name = format!("a{}b", char::from_u32(visible).unwrap());
        assert_eq!(credits.wallet(&name).credits().unwrap(), 0, "{visible:x}");
    }
    for reason in
        ["\u{1f469}\u{200d}\u{1f680} \u{2764}\u{fe0f}", "\u{645}\u{6cc}\u{200c}\u{631}\u{648}\u{645}"]
    {
        let entry = ann.give_credits(1).reason(reason).now().wait().unwrap().entry;
        assert_eq!(entry.description(), reason);
    }
}

#[test]
fn a_key_of_the_ledgers_own_is_not_read_from_json() {
    for (text, rule) in
        [("~1", "starts with `~`"), ("", "is empty"), ("a\u{200d}", "has an invisible character")]
    {
        let read = serde_json::from_value::<credits_runtime::Key>(text.into());
        assert!(read.unwrap_err().to_string().contains(rule), "{text:?}");
    }
    let read = serde_json::from_value::<credits_runtime::Key>("k~1".into());
    assert_eq!(read.unwrap().as_str(), "k~1");
}

#[test]
fn an_export_has_no_formulas() {
    let credits = Credits::in_memory().unwrap();
    credits.wallet("=1+1").give_credits(3).reason("@sum").key("+1").now().wait().unwrap();
    credits.wallet("=1+1").deduct_credits(1, "-1").now().wait().unwrap();
    let mut csv = Vec::new();
    credits.export(ExportFormat::Csv, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|known| *known == name).unwrap();
    let (owner, reason, key, amount) = (column("owner"), column("reason"), column("key"), column("amount"));
    assert_eq!(
        [rows[1][owner], rows[1][reason], rows[1][key], rows[1][amount]],
        ["'=1+1", "'@sum", "'+1", "3"]
    );
    assert_eq!([rows[2][reason], rows[2][amount]], ["'-1", "-1"]);
}

#[test]
fn reads_after_the_close_say_so() {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap());
    let credits = Credits::builder().clock(clock).in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(1).now().wait().unwrap();
    credits.close().unwrap();
    let kind = |error: Error| match error {
        Error::Ledger(error) => error.kind(),
        other => panic!("{other}"),
    };
    assert_eq!(kind(ann.credits().unwrap_err()), LedgerErrorKind::Closed);
    assert_eq!(kind(ann.read().wait().unwrap_err()), LedgerErrorKind::Closed);
    assert_eq!(
        kind(ann.has_enough_credits_to(Operation::ProcessDocument).unwrap_err()),
        LedgerErrorKind::Closed
    );
    assert_eq!(kind(ann.credit_history().page().unwrap_err()), LedgerErrorKind::Closed);
    assert_eq!(kind(credits.wallet("bob").balance().unwrap_err()), LedgerErrorKind::Closed);
    assert_eq!(kind(credits.totals().unwrap_err()), LedgerErrorKind::Closed);
    assert_eq!(kind(credits.unresolved().unwrap_err()), LedgerErrorKind::Closed);
}
