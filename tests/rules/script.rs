//! The language of the tables: a line is a call of the ledger, and the text after the arrow is its result.
//!
//! `give alice 100 expires 10d key welcome -> 100`, `hold h alice process 3 -> 8 until 15m`, `clock +15m`,
//! `balance alice -> 92 available, 8 held`. Instants are shown as the time since the script's beginning,
//! grants as the place of their gift in the script (`#1`), and a history as one line an entry, newest first,
//! each beginning with `|`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Amount, Clock, Entry, Error, FactNumber, HoldId, Receipt, Rejection, Released, RunError, Settled,
    Timestamp, TransferId, Transferred,
};

use crate::engines::{ENGINES, Engine, is_in_database};
use crate::executor::poll_until;
use crate::pricing::{Credits, Hold, Operation, Wallet};

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000_000;

/// Runs a script, and compares every result with the expected one.
pub(super) fn check(script: &str) {
    for engine in ENGINES {
        check_on(engine, script);
    }
}

fn check_on(engine: Engine, script: &str) {
    let lines = script.lines().map(str::trim);
    let mut table = Table::new(engine);
    let mut transcript = String::new();
    for line in lines.clone().filter(|line| !line.starts_with('|')) {
        let asked = line.split(" ->").next().unwrap_or_default();
        match asked {
            "" => writeln!(transcript),
            _ if asked.starts_with("//") => writeln!(transcript, "{line}"),
            _ => match table.answer(&asked.split_whitespace().collect::<Vec<_>>()) {
                answer if answer.is_empty() => writeln!(transcript, "{asked}"),
                answer if answer.starts_with("\n|") => writeln!(transcript, "{asked}{answer}"),
                answer => writeln!(transcript, "{asked} -> {answer}"),
            },
        }
        .unwrap();
    }
    let mut expected = lines.collect::<Vec<_>>().join("\n") + "\n";
    if is_in_database() {
        (expected, transcript) = (without_numbers(&expected), without_numbers(&transcript));
    }
    assert!(transcript == expected, "the script says:\n{expected}\nthe ledger says:\n{transcript}");
    table.audit();
}

/// A text without the numbers of facts that its messages name.
fn without_numbers(text: &str) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some(end) = NUMBERED.iter().filter_map(|word| Some(rest.find(word)? + word.len())).min() {
        let (before, after) = rest.split_at(end);
        result.push_str(before);
        let digits = after.len() - after.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        if digits > 0 {
            result.push('N');
        }
        rest = &after[digits..];
    }
    result + rest
}

/// The words before the number of a fact.
const NUMBERED: [&str; 6] = ["fact ", " hold ", "transfer ", "entry ", "grant ", "charge "];

/// A named hold: its number, and its handle until that is used.
struct Named {
    owner: String,
    id: HoldId,
    handle: Option<Hold>,
}

type Work = Pin<Box<dyn Future<Output = Result<(), RunError<&'static str>>>>>;

/// Running work, which ends on demand.
struct Job {
    future: Work,
    end: Rc<Cell<Option<Result<(), &'static str>>>>,
}

struct Table {
    clock: ManualClock,
    credits: Credits,
    owners: BTreeSet<String>,
    gifts: Vec<FactNumber>,
    holds: BTreeMap<String, Named>,
    jobs: BTreeMap<String, Job>,
    transfers: BTreeMap<String, (String, TransferId)>,
}

type Words<'a> = &'a [&'a str];

impl Table {
    fn new(engine: Engine) -> Self {
        let clock = ManualClock::at(Timestamp::from_microseconds(START));
        let credits = engine.open(Credits::builder().clock(clock.clone()));
        let (owners, gifts, holds, jobs, transfers) = Default::default();
        Self { clock, credits, owners, gifts, holds, jobs, transfers }
    }

    fn answer(&mut self, words: Words) -> String {
        match *words {
            ["clock", change] => self.set_clock(change),
            ["give", owner, amount, ref options @ ..] => self.give(owner, amount, options),
            ["deduct", owner, amount, ref options @ ..] => {
                let deduct = self
                    .wallet(owner)
                    .deduct_credits(number(amount), option(options, "reason").unwrap_or("-"));
                let deduct = match option(options, "key") {
                    Some(key) => deduct.key(key),
                    None => deduct,
                };
                shown(deduct.now().wait(), receipt)
            }
            ["adjust", owner, amount, ref options @ ..] => {
                let adjust = self.wallet(owner).adjust_credits(number(amount), "correction");
                let adjust = if options.contains(&"with-debt") { adjust.with_debt() } else { adjust };
                let adjusted = adjust.now().wait();
                if let Ok(Receipt { entry, .. }) = &adjusted
                    && entry.amount.is_positive()
                {
                    self.gifts.push(entry.number);
                }
                shown(adjusted, receipt)
            }
            ["revoke", owner, gift] => {
                let grant = self.gifts[gift.trim_start_matches('#').parse::<usize>().unwrap() - 1];
                shown(self.wallet(owner).revoke_grant(grant, "mistake").now().wait(), receipt)
            }
            ["transfer", name, from, to, amount, ref options @ ..] => {
                self.transfer(name, (from, to), amount, options)
            }
            ["reverse", name, "of", owner] => {
                let id = self.transfers[name].1;
                self.reverse(owner, id, &[])
            }
            ["reverse", name, ref options @ ..] => {
                let (owner, id) = self.transfers[name].clone();
                self.reverse(&owner, id, options)
            }
            ["debt", owner] => self.wallet(owner).debt().unwrap().to_string(),
            ["spend", owner, ref options @ ..] => shown(self.spending(owner, options).now().wait(), receipt),
            ["run", owner, ref options @ .., end @ ("well" | "badly" | "panicking")] => {
                self.run(owner, options, end)
            }
            ["begin", name, owner, ref options @ ..] => self.begin(name, owner, options),
            ["end", name, end @ ("well" | "badly")] => self.end(name, end),
            ["abandon", name] => {
                drop(self.jobs.remove(name));
                self.flush()
            }
            ["hold", name, owner, ref options @ ..] => self.hold(name, owner, options),
            ["settle", name] => self.settle(name),
            ["release", name] => self.release(name),
            ["settle", name, "of", owner] => {
                let id = self.holds[name].id;
                shown(self.wallet(owner).settle(id).wait(), |settled| charged(&settled))
            }
            ["release", name, "of", owner] => {
                let id = self.holds[name].id;
                shown(self.wallet(owner).release(id).wait(), released)
            }
            ["drop", name] => {
                drop(self.holds.get_mut(name).unwrap().handle.take());
                self.flush()
            }
            ["keep", name] => {
                self.holds.get_mut(name).unwrap().handle.take().map(Hold::into_id);
                String::new()
            }
            ["balance", owner] => self.balance(owner),
            ["holds", owner] => {
                let holds = self.wallet(owner).open_holds().unwrap();
                assert_eq!(self.wallet(owner).read().wait().unwrap().holds, holds);
                let holds = holds
                    .iter()
                    .map(|hold| format!("{} {} until {}", hold.amount, hold.operation, since(hold.until)));
                listed(holds)
            }
            ["estimate", owner, ref operation @ ..] => {
                match self.wallet(owner).estimate_credits_to(operation_of(operation)) {
                    Ok(amount) => amount.to_string(),
                    Err(rejection) => refused(&rejection),
                }
            }
            ["enough", owner, ref operation @ ..] => {
                shown(self.wallet(owner).has_enough_credits_to(operation_of(operation)), |yes| {
                    yes.to_string()
                })
            }
            ["history", owner] => self.history(owner),
            _ => panic!("the scripts have no `{}`", words.join(" ")),
        }
    }

    fn wallet(&mut self, owner: &str) -> Wallet {
        self.owners.insert(owner.to_owned());
        self.credits.wallet(owner)
    }

    /// Waits for releases that drops have sent: the writer works in order.
    fn flush(&self) -> String {
        self.credits.wallet("nobody").give_credits(1).now().wait().unwrap();
        String::new()
    }

    fn set_clock(&self, change: &str) -> String {
        let from = match change.strip_prefix('@') {
            Some(_) => START,
            None => self.clock.now().microseconds(),
        };
        let terms = change.trim_start_matches('@');
        self.clock.set(Timestamp::from_microseconds(from + microseconds(terms)));
        String::new()
    }

    fn give(&mut self, owner: &str, amount: &str, options: Words) -> String {
        let mut give = self.wallet(owner).give_credits(number(amount));
        if let Some(reason) = option(options, "reason") {
            give = give.reason(reason);
        }
        if let Some(name) = option(options, "category") {
            give = give.category(name);
        }
        if let Some(length) = option(options, "expires") {
            give = give.expires_in(duration(length));
        }
        if let Some(instant) = option(options, "until") {
            give = give.expires_at(Timestamp::from_microseconds(START + microseconds(instant)));
        }
        if options.contains(&"promotional") {
            give = give.promotional();
        }
        if options.contains(&"paid") {
            give = give.paid();
        }
        if let Some(key) = option(options, "key") {
            give = give.key(key);
        }
        if let Some(note) = option(options, "note") {
            give = give.metadata(serde_json::json!(note));
        }
        let given = give.now().wait();
        if let Ok(Receipt { replayed: false, entry, .. }) = &given {
            self.gifts.push(entry.number);
        }
        shown(given, receipt)
    }

    fn transfer(&mut self, name: &str, (from, to): (&str, &str), amount: &str, options: Words) -> String {
        let receiver = self.wallet(to);
        let mut transfer = self.wallet(from).transfer_to(&receiver, number(amount));
        if options.contains(&"promotional") {
            transfer = transfer.including_promotional();
        }
        if options.contains(&"evergreen") {
            transfer = transfer.never_expiring();
        }
        if let Some(length) = option(options, "expires") {
            transfer = transfer.expires_in(duration(length));
        }
        if let Some(category) = option(options, "category") {
            transfer = transfer.category(category);
        }
        if let Some(key) = option(options, "key") {
            transfer = transfer.key(key);
        }
        let made = transfer.now().wait();
        if let Ok(Transferred { id, received, replayed: false, .. }) = &made {
            self.gifts.extend(received.iter().map(|entry| entry.number));
            self.transfers.insert(name.to_owned(), (from.to_owned(), *id));
        }
        shown(made, |made| {
            let replayed = if made.replayed { "replayed: " } else { "" };
            let received = made.received.iter().map(|entry| format!("{:+}", entry.amount.get()));
            format!("{replayed}{}, {}", made.sent.amount, listed(received))
        })
    }

    fn reverse(&mut self, owner: &str, id: TransferId, options: Words) -> String {
        let mut reverse = self.wallet(owner).reverse_transfer(id);
        if options.contains(&"partly") {
            reverse = reverse.as_far_as_possible();
        }
        if options.contains(&"with-debt") {
            reverse = reverse.with_debt();
        }
        shown(reverse.now().wait(), |reversed| {
            let replayed = if reversed.replayed { "replayed: " } else { "" };
            format!("{replayed}{:+}, {}", reversed.reclaimed.amount.get(), reversed.returned.amount)
        })
    }

    fn spending(&mut self, owner: &str, options: Words) -> credits_runtime::Spend<crate::pricing::Pricing> {
        let mut spend = self.wallet(owner).spend_credits_on(operation_of(options));
        if let Some(key) = option(options, "key") {
            spend = spend.key(key);
        }
        if let Some(note) = option(options, "note") {
            spend = spend.metadata(serde_json::json!(note));
        }
        spend
    }

    fn run(&mut self, owner: &str, options: Words, end: &str) -> String {
        let spend = self.spending(owner, options);
        let mut done = "not done";
        let ran = catch_unwind(AssertUnwindSafe(|| {
            spend.run(|| {
                done = "done";
                match end {
                    "well" => Ok(()),
                    "badly" => Err("failed"),
                    _ => resume_unwind(Box::new("panicked")),
                }
            })
        }));
        self.flush();
        match ran {
            Ok(result) => format!("{done}{}", worked(result)),
            Err(_) => format!("{done}, panicked"),
        }
    }

    fn begin(&mut self, name: &str, owner: &str, options: Words) -> String {
        let (begun, end) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(None)));
        let (begins, ends) = (Rc::clone(&begun), Rc::clone(&end));
        let work = move || {
            begins.set(true);
            std::future::poll_fn(move |_| ends.get().map_or(Poll::Pending, Poll::Ready))
        };
        let mut job = Job { future: Box::pin(self.spending(owner, options).run_async(work)), end };
        match poll_until(job.future.as_mut(), || begun.get()) {
            Poll::Ready(result) => format!("not done{}", worked(result)),
            Poll::Pending => {
                self.jobs.insert(name.to_owned(), job);
                String::new()
            }
        }
    }

    fn end(&mut self, name: &str, end: &str) -> String {
        let Job { mut future, end: ends } = self.jobs.remove(name).unwrap();
        ends.set(Some(if end == "well" { Ok(()) } else { Err("failed") }));
        match poll_until(future.as_mut(), || false) {
            Poll::Ready(result) => {
                self.flush();
                format!("done{}", worked(result))
            }
            Poll::Pending => panic!("the work `{name}` has ended and its future has not"),
        }
    }

    fn hold(&mut self, name: &str, owner: &str, options: Words) -> String {
        let limit = option(options, "for").map_or(Duration::from_mins(15), duration);
        match self.spending(owner, options).hold(limit).wait() {
            Ok(hold) => {
                let replayed = if hold.replayed() { "replayed: " } else { "" };
                let answer = format!("{replayed}{} until {}", hold.amount(), since(hold.until()));
                let open = self.wallet(owner).open_holds().unwrap();
                let id = open.iter().rfind(|open| open.until == hold.until()).unwrap().id;
                self.holds.insert(name.to_owned(), Named { owner: owner.to_owned(), id, handle: Some(hold) });
                answer
            }
            Err(error) => failed(&error),
        }
    }

    fn settle(&mut self, name: &str) -> String {
        let Named { owner, id, handle } = self.holds.get_mut(name).unwrap();
        let settling = match handle.take() {
            Some(hold) => hold.settle(),
            None => self.credits.wallet(owner).settle(*id),
        };
        shown(settling.wait(), |settled| charged(&settled))
    }

    fn release(&mut self, name: &str) -> String {
        let Named { owner, id, handle } = self.holds.get_mut(name).unwrap();
        let releasing = match handle.take() {
            Some(hold) => hold.release(),
            None => self.credits.wallet(owner).release(*id),
        };
        shown(releasing.wait(), released)
    }

    fn balance(&mut self, owner: &str) -> String {
        let wallet = self.wallet(owner);
        let [available, held, balance] =
            [wallet.credits(), wallet.held(), wallet.balance()].map(Result::unwrap);
        assert_eq!(available.get() + held.get(), balance.get(), "available and held are not the balance");
        let read = wallet.read().wait().unwrap();
        assert_eq!((read.credits, read.held, read.balance), (available, held, balance));
        let in_grants = read.grants.iter().map(|grant| grant.free.get() + grant.held.get()).sum::<i64>();
        assert_eq!(in_grants, balance.get() + read.debt.get(), "grants are not the balance and the debt");
        format!("{available} available, {held} held")
    }

    fn history(&mut self, owner: &str) -> String {
        let page = self.wallet(owner).credit_history().limit(1_000).page().unwrap();
        let lines = page.entries.iter().map(|entry| self.line(entry));
        lines.flat_map(|line| ["\n| ".to_owned(), line]).collect()
    }

    fn line(&self, entry: &Entry) -> String {
        let Entry { amount, category, balance_after, shortfall, recorded_at, effective_at, .. } = entry;
        let mut line = format!("{:+} {category}", amount.get());
        for text in entry.operation.iter().chain(&entry.reason) {
            write!(line, " ({text})").unwrap();
        }
        for part in &entry.allocations {
            let gift = self.gifts.iter().position(|gift| *gift == part.grant).map_or(0, |place| place + 1);
            write!(line, " #{gift}:{}", part.amount).unwrap();
        }
        write!(line, " = {balance_after}").unwrap();
        if *shortfall != 0 {
            write!(line, ", {shortfall} short").unwrap();
        }
        if let Some(expires_at) = entry.expires_at {
            write!(line, ", expires {}", since(expires_at)).unwrap();
        }
        if let Some(key) = &entry.key {
            write!(line, ", key {key}").unwrap();
        }
        if !entry.metadata.is_none() {
            write!(line, ", note {}", entry.metadata.value().as_str().unwrap_or_default()).unwrap();
        }
        if recorded_at != effective_at {
            write!(line, ", effective {}, recorded {}", since(*effective_at), since(*recorded_at)).unwrap();
        }
        line
    }

    /// Invariants after every script: rows match the journal, balances chain, sums agree, and time never
    /// decreases.
    fn audit(&self) {
        self.credits.verify().unwrap();
        for owner in &self.owners {
            let wallet = self.credits.wallet(owner);
            let Ok(mut page) = wallet.credit_history().limit(1_000).page() else { continue };
            page.entries.reverse();
            let (mut balance, mut recorded) = (Amount::ZERO, Timestamp::MIN);
            for entry in &page.entries {
                assert_eq!(entry.balance_before, balance, "{owner}: {entry:?}");
                balance = balance.checked_add(entry.amount).unwrap();
                assert_eq!(entry.balance_after, balance, "{owner}: {entry:?}");
                assert!(
                    recorded <= entry.recorded_at && entry.effective_at <= entry.recorded_at,
                    "{owner}: {entry:?}"
                );
                recorded = entry.recorded_at;
            }
        }
    }
}

fn shown<T>(result: Result<T, Error>, show: impl FnOnce(T) -> String) -> String {
    result.map_or_else(|error| failed(&error), show)
}

fn failed(error: &Error) -> String {
    match error {
        Error::Rejected(rejection) => refused(rejection),
        other => panic!("the ledger failed: {other}"),
    }
}

fn refused(rejection: &Rejection) -> String {
    format!("{}: {rejection}", rejection.code())
}

fn worked(result: Result<(), RunError<&'static str>>) -> String {
    match result {
        Ok(()) => String::new(),
        Err(RunError::Work(error)) => format!(", {error}"),
        Err(RunError::AlreadyCharged(receipt)) => format!(", already charged {}", receipt.entry.amount),
        Err(
            RunError::Rejected(rejection) | RunError::Unsettled { error: Error::Rejected(rejection), .. },
        ) => {
            format!(", {}", refused(&rejection))
        }
        Err(other) => panic!("the ledger failed: {other}"),
    }
}

fn released(Released { replayed, .. }: Released) -> String {
    if replayed { "replayed".to_owned() } else { String::new() }
}

fn receipt(Receipt { entry, replayed, .. }: Receipt) -> String {
    format!("{}{}", if replayed { "replayed: " } else { "" }, entry.balance_after)
}

fn charged(Settled { entry, late, replayed, .. }: &Settled) -> String {
    let replayed = if *replayed { "replayed: " } else { "" };
    let late = if *late { ", late" } else { "" };
    let short = if entry.shortfall == 0 { String::new() } else { format!(", {} short", entry.shortfall) };
    format!("{replayed}{}{late}{short}", entry.amount)
}

fn listed(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() { "none".to_owned() } else { lines.join(", ") }
}

fn operation_of(words: Words) -> Operation {
    let quantity = || words.get(1).unwrap();
    match words.first() {
        Some(&"process") => Operation::process(quantity().parse::<i64>().unwrap()),
        Some(&"store") => Operation::store(quantity().parse::<rust_decimal::Decimal>().unwrap()),
        Some(&"upscale") => Operation::Upscale,
        Some(&"tick") => Operation::Tick,
        Some(&"look") => Operation::Look,
        other => panic!("there is no operation {other:?}"),
    }
}

fn option<'a>(words: Words<'a>, name: &str) -> Option<&'a str> {
    let place = words.iter().position(|word| *word == name)?;
    words.get(place + 1).copied()
}

fn number(text: &str) -> i64 {
    text.replace('_', "").parse().unwrap()
}

const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("us", 1)];

/// Parses terms such as `10d-1us`, into microseconds.
fn microseconds(terms: &str) -> i64 {
    let starts = terms.match_indices(['+', '-']).map(|(place, _)| place).filter(|place| *place > 0);
    let bounds: Vec<usize> = [0].into_iter().chain(starts).chain([terms.len()]).collect();
    let term = |bounds: &[usize]| {
        let term = &terms[bounds[0]..bounds[1]];
        let unit = term.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).unwrap();
        number(term.trim_end_matches(unit)) * scale
    };
    bounds.windows(2).map(term).sum()
}

fn duration(terms: &str) -> Duration {
    Duration::from_micros(microseconds(terms).unsigned_abs())
}

/// The time from the script's beginning to an instant, such as `10d` or `15m1us`.
fn since(instant: Timestamp) -> String {
    let mut rest = instant.microseconds() - START;
    let mut shown = String::new();
    for (name, scale) in UNITS {
        if rest / scale != 0 {
            write!(shown, "{}{name}", rest / scale).unwrap();
        }
        rest %= scale;
    }
    if shown.is_empty() { "0s".to_owned() } else { shown }
}
