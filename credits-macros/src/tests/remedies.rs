//! The law of remedies: a help that is followed to the letter keeps every number and its unit, or offers nothing.
//!
//! A table in `remedies/slips.txt` has the intended definition and the slips of the pen that stand for it. Each is filled with
//! numbers and units, and the helps are followed once and again. The definition that compiles at last is the intended one.
//! `CREDITS_NIGHTLY=1` asks for 100,000 mutations.

mod follow;

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::follow::{Edit, edits};
use super::expanded;

/// Helps that are followed one after another; more than any slip takes.
const STEPS_MAX: usize = 8;

/// Mutations of one run.
fn cases() -> u32 {
    if std::env::var_os("CREDITS_NIGHTLY").is_some() { 100_000 } else { 500 }
}

/// A row of the table: a frame, the intended text in it, and a slip.
#[derive(Clone, Debug)]
struct Row {
    frame: &'static str,
    meant: &'static str,
    slip: &'static str,
}

/// The values for the places of a row.
#[derive(Clone, Debug)]
struct Filling {
    n: u32,
    m: u32,
    count: &'static str,
    time: &'static str,
    period: (&'static str, &'static str),
    abbreviation: (&'static str, &'static str),
}

fn rows() -> Vec<Row> {
    let (mut rows, mut frame, mut meant) = (Vec::new(), "", "");
    for line in include_str!("remedies/slips.txt").lines() {
        if let Some(text) = line.strip_prefix("frame: ") {
            frame = text;
        } else if let Some(text) = line.strip_prefix("meant: ") {
            meant = text;
        } else if let Some(slip) = line.strip_prefix("    ") {
            rows.push(Row { frame, meant, slip });
        }
    }
    rows
}

fn filling() -> impl Strategy<Value = Filling> {
    let words = |words: &'static [&'static str]| prop::sample::select(words);
    let periods: &[(&str, &str)] = &[
        ("day", "daily"),
        ("week", "weekly"),
        ("month", "monthly"),
        ("quarter", "quarterly"),
        ("year", "yearly"),
    ];
    let abbreviations: &[(&str, &str)] = &[
        ("sec", "second"),
        ("secs", "second"),
        ("min", "minute"),
        ("mins", "minute"),
        ("hr", "hour"),
        ("hrs", "hour"),
        ("kib", "kb"),
        ("mib", "mb"),
        ("gib", "gb"),
    ];
    (
        2..2_000_u32,
        2..900_u32,
        words(&["page", "image", "token", "request", "seat"]),
        words(&["second", "minute", "hour", "day"]),
        prop::sample::select(periods),
        prop::sample::select(abbreviations),
    )
        .prop_map(|(n, m, count, time, period, abbreviation)| Filling {
            n,
            m,
            count,
            time,
            period,
            abbreviation,
        })
}

impl Filling {
    fn fill(&self, text: &str) -> String {
        let (n, m) = (self.n, self.m);
        let number = |value: u64| value.to_string();
        [
            ("{n}", number(n.into())),
            ("{m}", number(m.into())),
            ("{n+1}", number(u64::from(n) + 1)),
            ("{n*m}", number(u64::from(n) * u64::from(m))),
            ("{m*60}", number(u64::from(m) * 60)),
            ("{m*1000}", number(u64::from(m) * 1_000)),
            ("{m*1024}", number(u64::from(m) * 1_024)),
            ("{count}", self.count.to_owned()),
            ("{time}", self.time.to_owned()),
            ("{period}", self.period.0.to_owned()),
            ("{adverb}", self.period.1.to_owned()),
            ("{abbreviation}", self.abbreviation.0.to_owned()),
            ("{unit}", self.abbreviation.1.to_owned()),
        ]
        .iter()
        .fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
    }
}

/// Follows helps until the definition compiles, or none is left. The definitions that were reached.
fn follow(source: &str, seen: &mut HashSet<String>, steps: usize) -> Result<Vec<String>, String> {
    let errors = super::spanned_errors(source);
    if errors.is_empty() {
        return Ok(vec![source.to_owned()]);
    }
    if !seen.insert(source.to_owned()) || steps == 0 {
        return Err(format!("helps in a circle: {source}"));
    }
    let Some((span, message)) = errors.into_iter().find(|(_, message)| message.contains("help: ")) else {
        return Ok(Vec::new());
    };
    let mut reached = Vec::new();
    for edit in edits(&message) {
        if let (Edit::Remove, Some(number)) = (&edit, follow::amount_at(source, span)) {
            return Err(format!("{message}\nremoves the amount {number} in: {source}"));
        }
        if let Some(next) = follow::applied(source, span, &edit, seen) {
            reached.extend(follow(&next, seen, steps - 1)?);
        }
    }
    Ok(reached)
}

/// The law, of one slip.
fn holds(frame: &str, meant: &str, slip: &str) -> Result<bool, TestCaseError> {
    let (meant, slip) = (frame.replace("___", meant), frame.replace("___", slip));
    prop_assert_eq!(super::errors(&meant), "", "{}", meant);
    if slip.parse::<proc_macro2::TokenStream>().is_err() {
        return Ok(false);
    }
    let reached = follow(&slip, &mut HashSet::new(), STEPS_MAX).map_err(TestCaseError::fail)?;
    let terms = expanded(&meant);
    let is_right = reached.iter().any(|source| expanded(source) == terms);
    // One help may offer several forms, of which the author knows the right one.
    prop_assert!(
        reached.is_empty() || is_right,
        "meant: {meant}\nwritten: {slip}\nhelps: {}\nled to: {reached:#?}",
        super::errors(&slip)
    );
    Ok(is_right)
}

#[test]
fn a_help_that_is_followed_comes_to_what_was_meant() {
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let row = prop::sample::select(rows());
    let outcome = runner.run(&(row, filling()), |(row, filling)| {
        holds(&filling.fill(row.frame), &filling.fill(row.meant), &filling.fill(row.slip)).map(drop)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// A help that offers nothing is right, and of little use: most slips are repaired.
#[test]
fn the_helps_of_most_slips_lead_to_what_was_meant() {
    let filling = Filling {
        n: 30,
        m: 120,
        count: "page",
        time: "minute",
        period: ("month", "monthly"),
        abbreviation: ("hr", "hour"),
    };
    let rows = rows();
    let (mut left, mut wrong): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for Row { frame, meant, slip } in &rows {
        let slip = filling.fill(slip);
        match holds(&filling.fill(frame), &filling.fill(meant), &slip) {
            Ok(true) => {}
            Ok(false) => left.push(slip),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    expect_test::expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/remedies/left.txt")]
        .assert_eq(&(left.join("\n") + "\n"));
}

/// Definitions on one line, one of each kind of item.
const DEFINITIONS: &[&str] = &[
    "operation o { costs 7.credits + 3.credits_per(minute) after 11.minutes limit minutes <= 600 at_least 13.credits }",
    "operation o { costs by quality { standard => 17.credits, hd => 19.credits } with prompt: String }",
    "operation o { costs tiers(10.tokens) { ..230.tokens => 29.credits, .. => 31.credits } limit tokens <= 3_700 }",
    "subscription_plan p { stripe_price month: \"price_a\" gives 41.credits.every(month) signup_bonus 43.credits unused_credits rollover up_to 47.credits expire_after 53.days }",
    "credit_pack k { gives 59.credits bonus 61.credits costs 67.99.dollars, 71.euros expires_after 73.months }",
    "settings { currency usd low_balance_threshold 79.credits allow_negative_balance up_to 83.credits hold_limit 89.minutes keep_keys 97.days }",
];

/// Helps of any mutation: none removes an amount, and none leads in a circle.
fn is_honest(source: &str) -> Result<(), TestCaseError> {
    let mut source = source.to_owned();
    let mut seen = HashSet::new();
    for _ in 0..STEPS_MAX {
        prop_assert!(seen.insert(source.clone()), "helps in a circle: {source}\n{}", super::errors(&source));
        let errors = super::spanned_errors(&source);
        let Some((span, message)) = errors.into_iter().find(|(_, message)| !edits(message).is_empty()) else {
            return Ok(());
        };
        let Some(edit) = edits(&message).into_iter().next() else { return Ok(()) };
        let number = follow::amount_at(&source, span);
        prop_assert!(!(matches!(edit, Edit::Remove) && number.is_some()), "{source}\n{message}");
        match follow::applied(&source, span, &edit, &seen) {
            Some(next) => source = next,
            None => return Ok(()),
        }
    }
    Ok(())
}

#[test]
fn a_help_of_any_mutation_is_honest() {
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let definition = prop::sample::select(DEFINITIONS);
    let outcome = runner.run(&(definition, super::soup::mutation()), |(definition, mutation)| {
        let source = super::soup::mutated(super::tokens(definition), &mutation).to_string();
        if source.parse::<proc_macro2::TokenStream>().is_err() {
            return Ok(());
        }
        is_honest(&source)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
