//! Billing as text: a line is an instant, an event, and ann's credits then.
//!
//! ```text
//! 2026-01-31        state s1 pro
//! .                 paid  in1 s1 pro 2026-01-31..2026-02-28 begins   -> 1000
//! 2026-02-28        paid  in2 s1 pro 2026-02-28..2026-03-31          -> 2000
//! +6m               look                                             -> 1000
//! ```
//!
//! An event that arrives late has its time: `happened=`. An instant is a date, a date and an hour
//! (`2026-01-31T10`), a time from the line before (`+6m`, `+3h`, `+2d`), or `.`.

use std::cell::Cell;
use std::time::Duration;

use credits_runtime::billing::{
    Before, BillingEvent, Happening, Interval, Invoice, Line, ObjectId, PackPayment, Status,
    SubscriptionState,
};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock as _, HoldId, Timestamp};

use super::{Credits, Operation, Plan, Wallet};

/// An event or an act at an instant.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: Timestamp,
    pub what: What,
    /// Ann's credits then, in words.
    pub expected: Option<String>,
    line: String,
}

#[derive(Clone, Debug)]
pub enum What {
    Event(Box<BillingEvent>),
    Join(Joining),
    Leave {
        name: String,
        at_once: bool,
    },
    Spend(u64),
    Give(i64),
    Transfer(i64, String),
    Hold(u64),
    Release,
    Settle,
    /// Reverses this much of the newest charge, or the rest of it.
    Reverse(Option<i64>),
    Look,
}

/// `join basicx2 [id=seat] [anchor=2026-01-01] [until=2026-02-01]`
#[derive(Clone, Debug)]
pub struct Joining {
    plan: String,
    quantity: u64,
    name: String,
    anchor: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Joining {
    fn of(words: &[&str]) -> Self {
        let (price, quantity) = price(words[0]);
        Self {
            plan: price.as_str().trim_start_matches("price_").to_owned(),
            quantity,
            name: option(words, "id").unwrap_or("main").to_owned(),
            anchor: option(words, "anchor").map(instant),
            until: option(words, "until").map(instant),
        }
    }
}

pub fn object(id: &str) -> ObjectId {
    ObjectId::new(id).unwrap()
}

pub fn instant(text: &str) -> Timestamp {
    let text = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        13 => format!("{text}:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => text.to_owned(),
    };
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn interval(text: &str) -> Interval {
    let (start, end) = text.split_once("..").unwrap_or_else(|| panic!("`{text}` is no interval"));
    Interval { start: instant(start), end: instant(end) }
}

/// The first day of a month, counted from January 2026.
pub fn month(number: u32) -> String {
    format!("{}-{:02}-01", 2026 + number / 12, number % 12 + 1)
}

/// The date some days after another.
pub fn day(date: &str, days: u32) -> String {
    let at = instant(date).after(Duration::from_hours(24) * days);
    at.to_string().split('T').next().unwrap().to_owned()
}

pub fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "s" => Duration::from_secs(number),
        "m" => Duration::from_mins(number),
        "h" => Duration::from_hours(number),
        "d" => Duration::from_hours(24 * number),
        _ => panic!("`{text}` is no time"),
    }
}

/// `pro` or `prox3`: a price, and how many of it.
fn price(text: &str) -> (ObjectId, u64) {
    match text.rsplit_once('x').and_then(|(price, count)| Some((price, count.parse().ok()?))) {
        Some((name, quantity)) => (object(&format!("price_{name}")), quantity),
        None => (object(&format!("price_{text}")), 1),
    }
}

/// Reads a script.
pub fn steps(text: &str) -> Vec<Step> {
    let mut at = Timestamp::MIN;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let (asked, expected) = match line.split_once("->") {
            Some((asked, expected)) => {
                (asked, Some(expected.split_whitespace().collect::<Vec<_>>().join(" ")))
            }
            None => (line, None),
        };
        let mut words = asked.split_whitespace();
        match words.next().unwrap() {
            "." => {}
            word if word.starts_with('+') => at = at.after(duration(&word[1..])),
            word => at = instant(word),
        }
        let words: Vec<&str> = words.collect();
        Step { at, what: what(&words, at), expected, line: line.to_owned() }
    };
    lines.map(read).collect()
}

fn what(words: &[&str], at: Timestamp) -> What {
    let (verb, words) = words.split_first().unwrap_or((&"look", &[]));
    match *verb {
        "look" => What::Look,
        "hold" => What::Hold(words[0].parse().unwrap()),
        "release" => What::Release,
        "settle" => What::Settle,
        "reverse" => What::Reverse(words.first().map(|amount| amount.parse().unwrap())),
        "join" => What::Join(Joining::of(words)),
        "leave" => What::Leave {
            name: option(words, "id").unwrap_or("main").to_owned(),
            at_once: words.contains(&"at_once"),
        },
        "spend" => What::Spend(words[0].parse().unwrap()),
        "transfer" => What::Transfer(words[0].parse().unwrap(), words[1].to_owned()),
        "give" => What::Give(words[0].parse().unwrap()),
        _ => What::Event(Box::new(event(verb, words, at))),
    }
}

fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// Every object of ann's has her name in it, except payments and sessions.
fn event(verb: &str, words: &[&str], at: Timestamp) -> BillingEvent {
    let has = |word: &str| words.contains(&word);
    let payment = || object(words[0]);
    let (named, what) = match verb {
        "state" => state(words, at),
        "paid" => {
            let invoice = object(words[0]);
            let lines = words[1..].split(|word| *word == "and").map(line).collect::<Vec<_>>();
            let paid = option(words, "total").map_or(1_000, |total| total.parse().unwrap());
            let payments = option(words, "by").map(object).into_iter().collect();
            let paid_at = option(words, "at").map_or(at, instant);
            let subscription = object(option(words, "of").unwrap_or(words[1]));
            let what = Invoice {
                invoice: invoice.clone(),
                made_at: option(words, "made").map_or(paid_at, instant),
                paid_at,
                paid,
                tax: 0,
                currency: "usd".to_owned(),
                payments,
                lines,
            };
            (vec![invoice, subscription], Happening::TimePaid(what))
        }
        "pack" => {
            let (price, quantity) = price(words[2]);
            let number =
                |name: &str, default: i64| option(words, name).map_or(default, |it| it.parse().unwrap());
            let subtotal = number("subtotal", 900 * i64::try_from(quantity).unwrap());
            let payment = PackPayment {
                session: object(words[0]),
                payment: Some(object(words[1])),
                currency: option(words, "in").unwrap_or("usd").to_owned(),
                subtotal,
                paid: number("paid", subtotal),
                pack: None,
                prices: vec![(price, quantity)],
                tax: 0,
                invoice: None,
                paid_in: None,
            };
            (vec![object(words[0]), object(words[1])], Happening::PackPaid(payment))
        }
        "refund" => (
            vec![payment()],
            Happening::Refunded {
                payment: payment(),
                refund: object(words[1]),
                amount: words[2].parse().unwrap(),
                stands: !has("failed"),
                made_at: None,
            },
        ),
        "refunded" => (
            vec![payment()],
            Happening::RefundedInAll { payment: payment(), amount: words[1].parse().unwrap() },
        ),
        "credited" => {
            let (invoice, note) = (object(words[0]), object(words[1]));
            let (amount, stands) = (words[2].parse().unwrap(), !has("void"));
            (vec![invoice.clone()], Happening::Credited { invoice, note, amount, stands })
        }
        "dispute" => (
            vec![payment()],
            Happening::DisputeFundsWithdrawn {
                payment: payment(),
                dispute: object(words[1]),
                amount: words[2].parse().unwrap(),
            },
        ),
        "reinstated" => (
            vec![payment()],
            Happening::DisputeFundsReinstated { payment: payment(), dispute: object(words[1]) },
        ),
        other => panic!("`{other}` is nothing that happens"),
    };
    let at = option(words, "happened").map_or(at, instant);
    BillingEvent { at, objects: named, owner: Some("ann".parse_owner()), what }
}

/// `s1 pro [of=sub] [was=max] [ended]`: a state of the item of `s1`.
fn state(words: &[&str], at: Timestamp) -> (Vec<ObjectId>, Happening) {
    let has = |word: &str| words.contains(&word);
    let (price, quantity) = price(words[1]);
    let status = words.iter().find_map(|word| match *word {
        "incomplete" => Some(Status::Incomplete),
        "trialing" => Some(Status::Trialing),
        "past_due" => Some(Status::PastDue),
        "unpaid" => Some(Status::Unpaid),
        "paused" => Some(Status::Paused),
        "removed" => Some(Status::Removed),
        "ended" => Some(Status::Ended),
        _ => None,
    });
    let before = option(words, "was").map(self::price);
    let subscription = object(option(words, "of").unwrap_or(words[0]));
    let state = SubscriptionState {
        item: object(&format!("si_{}", words[0])),
        subscription: subscription.clone(),
        status: status.unwrap_or(Status::Active),
        price,
        quantity: if has("by_use") { None } else { Some(quantity) },
        anchor: option(words, "anchor").map_or(at, instant),
        trial: option(words, "trial").map(interval),
        ends_at: option(words, "ends").map(instant),
        before: before.map(|(price, quantity)| Before {
            price: Some(price),
            quantity: Some(quantity),
            ..Before::default()
        }),
    };
    (vec![subscription], Happening::SubscriptionChanged(state))
}

/// `s1 pro 2026-01-01..2026-02-01 [of=sub] [amount=-300] [proration] [usage=120] [fee]`: a line of the item
/// of `s1`, of the subscription of that name unless `of=` names another; a fee is of no item.
fn line(words: &[&str]) -> Line {
    let (price, quantity) = price(words[1]);
    let amount = option(words, "amount").map_or(1_000, |amount| amount.parse().unwrap());
    let has = |word: &str| words.contains(&word);
    Line {
        id: None,
        item: (!has("fee")).then(|| object(&format!("si_{}", words[0]))),
        subscription: Some(object(option(words, "of").unwrap_or(words[0]))),
        price,
        quantity: Some(option(words, "usage").map_or(quantity, |usage| usage.parse().unwrap())),
        period: interval(words[2]),
        amount,
        net: amount,
        is_proration: has("proration"),
        credits: None,
    }
}

trait ParseOwner {
    fn parse_owner(&self) -> credits_runtime::Owner;
}

impl ParseOwner for str {
    fn parse_owner(&self) -> credits_runtime::Owner {
        credits_runtime::Owner::new(self).unwrap()
    }
}

/// A ledger whose clock a script sets.
pub struct Stage {
    pub clock: ManualClock,
    pub credits: Credits,
    pub ann: Wallet,
    /// Her open hold.
    hold: Cell<Option<HoldId>>,
}

impl Stage {
    pub fn new(at: Timestamp) -> Self {
        let clock = ManualClock::at(at);
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let ann = credits.wallet("ann");
        Self { clock, credits, ann, hold: Cell::new(None) }
    }

    /// Moves the clock in days, so that no leap is too large, and books due credits on the way.
    pub fn go_to(&self, at: Timestamp) {
        while self.clock.now() < at {
            let next = self.clock.now().after(Duration::from_hours(20 * 24)).min(at);
            self.clock.set(next);
            self.credits.book_due().unwrap();
        }
    }

    /// Plays a step.
    pub fn play(&self, step: &Step) {
        self.go_to(step.at);
        match &step.what {
            What::Event(event) => drop(self.credits.receive(BillingEvent::clone(event)).wait().unwrap()),
            What::Join(Joining { plan, quantity, name, anchor, until }) => {
                let plan = Plan::from_name(plan).unwrap_or_else(|| panic!("{}: no such plan", step.line));
                let mut request = self.credits.subscribe("ann", plan).id(name).quantity(*quantity);
                if let Some(anchor) = anchor {
                    request = request.anchor(*anchor);
                }
                if let Some(until) = until {
                    request = request.until(*until);
                }
                let received = request.complimentary().now().wait();
                received.unwrap_or_else(|error| panic!("{}: {error}", step.line));
            }
            What::Leave { name, at_once } => {
                let request = self.credits.unsubscribe("ann").id(name);
                let request = if *at_once { request.at_once() } else { request };
                request.now().wait().unwrap_or_else(|error| panic!("{}: {error}", step.line));
            }
            What::Spend(amount) => {
                self.ann
                    .spend_credits_on(Operation::step(*amount))
                    .now()
                    .wait()
                    .unwrap_or_else(|error| panic!("{}: {error}", step.line));
            }
            What::Give(amount) => drop(self.ann.give_credits(*amount).now().wait().unwrap()),
            What::Transfer(amount, to) => {
                let to = self.credits.wallet(to);
                drop(self.ann.transfer_to(&to, *amount).now().wait().unwrap());
            }
            What::Hold(amount) => {
                let hold = self.ann.spend_credits_on(Operation::step(*amount)).hold(Duration::from_hours(20));
                self.hold.set(Some(hold.wait().unwrap().into_id()));
            }
            What::Release => self.ann.release(self.hold.take().unwrap()).wait().map(drop).unwrap(),
            What::Settle => self.ann.settle(self.hold.take().unwrap()).wait().map(drop).unwrap(),
            What::Reverse(amount) => {
                let charges = self.ann.credit_history().category("operation_charge").limit(1);
                let reversal = self.ann.reverse_charge(charges.page().unwrap().entries[0].number);
                let reversal = match amount {
                    Some(amount) => reversal.amount(*amount),
                    None => reversal,
                };
                reversal.now().wait().unwrap_or_else(|error| panic!("{}: {error}", step.line));
            }
            What::Look => {}
        }
        if let Some(expected) = &step.expected {
            assert_eq!(&self.says(), expected, "{}\n{}", step.line, self.history());
        }
    }

    /// Ann's credits in words, below 0 in debt, her gems, and the plan that covers `step`.
    pub fn says(&self) -> String {
        let (credits, gems) =
            (self.ann.credits().unwrap(), self.ann.of(super::Asset::Gems).credits().unwrap());
        let gems = if gems.is_zero() { String::new() } else { format!(" {gems} gems") };
        let by = self.ann.covered_by(Operation::step(1)).unwrap();
        let by = by.map_or(String::new(), |by| format!(" by {}", by.plan));
        format!("{credits}{gems}{by}")
    }

    /// Her history, oldest first.
    pub fn history(&self) -> String {
        let page = self.ann.credit_history().oldest_first().limit(500).page().unwrap();
        let lines = page.entries.iter().map(|entry| {
            let until = entry.expires_at.map_or(String::new(), |until| format!(" until {until}"));
            let category = entry.category.name();
            format!(
                "  {} {:+} {category}{until} = {}\n",
                entry.effective_at,
                entry.amount.get(),
                entry.balance_after
            )
        });
        lines.collect()
    }
}

/// Plays a script.
pub fn play(stage: &Stage, text: &str) {
    for step in &steps(text) {
        stage.play(step);
    }
}

/// A ledger that begins at a date.
pub fn begin(at: &str) -> Stage {
    Stage::new(instant(at))
}

/// The unresolved entries, as text.
pub fn listed(stage: &Stage) -> Vec<String> {
    stage.credits.unresolved().unwrap().iter().map(|entry| format!("{entry:?}")).collect()
}

/// Plays a script, and verifies the ledger at its end.
pub fn check(text: &str) -> Stage {
    let steps = steps(text);
    let stage = Stage::new(steps[0].at);
    for step in &steps {
        stage.play(step);
    }
    stage.credits.verify().unwrap();
    stage
}
