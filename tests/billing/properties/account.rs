//! A subscription that is billed as a processor bills it: random steps become states and invoices.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::oracle::{History, Invoice, Line, Seconds, State};

pub const DAY: Seconds = 86_400;
/// The cycle of every plan, and the shorter billing period.
pub const MONTH: Seconds = 28 * DAY;
const YEAR: Seconds = 13 * MONTH;
/// 2026-01-05.
const START: Seconds = 1_767_571_200;

/// Credits a cycle of each plan: of those that keep credits, and of one whose credits expire every week.
const AMOUNTS: [i64; 4] = [1_000, 3_000, 7, 5];
/// Number of plans that keep credits.
pub const KEPT: usize = 3;
/// The highest quantity of an item.
pub const SEATS: u64 = 3;
/// Number of plans, with the expiring one.
pub const WITH_EXPIRING: usize = 4;

/// A change of the subscription.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Another price and quantity of an item, prorated.
    Change,
    /// The item is replaced by another within its period.
    Replace,
    /// Another item joins within the period.
    Add,
    /// An item is removed with credit, if it is not the only one.
    Remove,
    /// Every item is removed with credit; with the next step the subscription begins anew.
    Leave,
    /// An item goes from month to year or back; all items begin anew, credited.
    Toggle,
    /// All items begin anew, credited.
    Restart,
    /// All items begin anew, and nothing is credited.
    RestartUncredited,
    /// An invoice is refunded.
    Return,
    /// Time passes.
    Wait,
}

/// A step: time passes, then the subscription changes, then a part of the credits is spent.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub wait: Seconds,
    pub act: Act,
    /// Place of the item or invoice, modulo their number.
    which: usize,
    plan: usize,
    quantity: u64,
    /// Percent of the free credits that are spent afterwards.
    pub spent: i64,
}

/// Changes that keep the anchor.
pub const IN_PLACE: &[Act] = &[Act::Change, Act::Replace, Act::Add, Act::Remove, Act::Wait];
/// Changes that credit everything that they replace.
pub const CREDITED: &[Act] =
    &[Act::Change, Act::Replace, Act::Add, Act::Remove, Act::Leave, Act::Toggle, Act::Restart, Act::Wait];
/// Changes of which some credit nothing. The owner never leaves: an owner who came back while older time is
/// paid would have periods that are not aligned.
pub const UNCREDITED: &[Act] = &[
    Act::Change,
    Act::Replace,
    Act::Add,
    Act::Remove,
    Act::Toggle,
    Act::Restart,
    Act::RestartUncredited,
    Act::Wait,
];
/// The same changes, and refunds.
pub const RETURNED: &[Act] = &[
    Act::Change,
    Act::Replace,
    Act::Add,
    Act::Remove,
    Act::Toggle,
    Act::Restart,
    Act::RestartUncredited,
    Act::Return,
    Act::Wait,
];
/// All changes.
pub const ALL: &[Act] = &[
    Act::Change,
    Act::Replace,
    Act::Add,
    Act::Remove,
    Act::Leave,
    Act::Toggle,
    Act::Restart,
    Act::RestartUncredited,
    Act::Return,
    Act::Wait,
];

/// Up to eleven of these steps, among the first plans, with quantities up to `most`.
pub fn steps(acts: &'static [Act], plans: usize, most: u64) -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![1..5 * 3_600_i64, (0..20_i64).prop_map(|days| days * DAY + 777)];
    let spent = prop_oneof![Just(0), Just(100), 1..100_i64];
    let act = prop::sample::select(acts);
    let step = (wait, act, 0..4_usize, 0..plans, 1..=most, spent);
    let step = step.prop_map(|(wait, act, which, plan, quantity, spent)| Step {
        wait,
        act,
        which,
        plan,
        quantity,
        spent,
    });
    prop::collection::vec(step, 1..12)
}

/// An item that is on the subscription now.
#[derive(Clone, Debug)]
struct Item {
    id: String,
    plan: usize,
    quantity: u64,
    start: Seconds,
    end: Seconds,
    length: Seconds,
}

impl Item {
    fn price(&self) -> String {
        let length = if self.length == YEAR { "year" } else { "month" };
        format!("price_{}_{length}", self.plan)
    }

    fn line(&self, sign: i64, start: Seconds, is_proration: bool) -> Line {
        let (item, price) = (self.id.clone(), self.price());
        Line { item, price, quantity: self.quantity, amount: sign, start, end: self.end, is_proration }
    }

    fn begin_at(&mut self, at: Seconds) {
        self.start = at;
        self.end = at + self.length;
    }
}

/// A subscription and its history.
#[derive(Clone, Debug)]
pub struct Account {
    pub history: History,
    /// The highest level of each cycle counted from the start, in credits.
    pub highest: Vec<i64>,
    items: Vec<Item>,
    /// Credits a cycle of the items now.
    level: i64,
    now: Seconds,
    names: usize,
}

impl Account {
    /// Subscribed to these plans.
    pub fn new(plans: &[usize]) -> Self {
        let prices = (0..AMOUNTS.len()).flat_map(|plan| {
            ["month", "year"].map(|length| (format!("price_{plan}_{length}"), AMOUNTS[plan]))
        });
        let amounts: BTreeMap<String, i64> = prices.collect();
        let (states, invoices) = (Vec::new(), Vec::new());
        let history = History { states, invoices, amounts, cycle: MONTH, now: START };
        let (highest, items) = (Vec::new(), Vec::new());
        let mut account = Self { history, highest, items, level: 0, now: START, names: 0 };
        for plan in plans {
            account.join(*plan, 1, (START, MONTH));
        }
        let lines = account.items.iter().map(|item| item.line(1, START, false)).collect();
        account.pay(lines);
        account
    }

    fn join(&mut self, plan: usize, quantity: u64, (start, length): (Seconds, Seconds)) -> Item {
        self.names += 1;
        let item =
            Item { id: format!("si_{}", self.names), plan, quantity, start, end: start + length, length };
        self.items.push(item.clone());
        self.tell(&item, start);
        item
    }

    fn tell(&mut self, item: &Item, anchor: Seconds) {
        let (item, price, quantity) = (item.id.clone(), item.price(), item.quantity);
        self.history.states.push(State { at: self.now, item, price, quantity, anchor });
    }

    fn pay(&mut self, lines: Vec<Line>) {
        if !lines.is_empty() {
            let id = format!("in_{:03}", self.history.invoices.len());
            self.history.invoices.push(Invoice { id, paid_at: self.now, returned_at: None, lines });
        }
        self.note_level();
    }

    fn note_level(&mut self) {
        let level = |item: &Item| AMOUNTS[item.plan] * i64::try_from(item.quantity).unwrap();
        let level = self.items.iter().map(level).sum();
        let cycle = usize::try_from((self.now - START) / MONTH).unwrap();
        while self.highest.len() <= cycle {
            self.highest.push(self.level);
        }
        self.level = level;
        self.highest[cycle] = self.highest[cycle].max(level);
    }

    /// Renews every item whose period ends until an instant.
    fn pass(&mut self, to: Seconds) {
        while let Some(turn) = self.items.iter().map(|item| item.end).filter(|end| *end <= to).min() {
            self.now = turn;
            let mut lines = Vec::new();
            for item in self.items.iter_mut().filter(|item| item.end == turn) {
                item.begin_at(turn);
                lines.push(item.line(1, turn, false));
            }
            self.pay(lines);
        }
        self.now = to;
        self.history.now = to;
    }

    pub fn play(&mut self, step: &Step) {
        self.pass(self.now + step.wait);
        if self.items.is_empty() {
            let item = self.join(step.plan, 1, (self.now, MONTH));
            return self.pay(vec![item.line(1, self.now, false)]);
        }
        let at = step.which % self.items.len();
        match step.act {
            Act::Change => self.change(at, step),
            Act::Replace => {
                let old = self.items.remove(at);
                let new = self.join(step.plan, 1, (old.start, old.length));
                self.pay(vec![old.line(-1, self.now, true), new.line(1, self.now, true)]);
            }
            Act::Add if self.items.len() < 3 => {
                let Item { start, length, .. } = self.items[at];
                let new = self.join(step.plan, 1, (start, length));
                self.pay(vec![new.line(1, self.now, true)]);
            }
            Act::Remove if self.items.len() > 1 => {
                let old = self.items.remove(at);
                self.pay(vec![old.line(-1, self.now, true)]);
            }
            Act::Leave => {
                let items = std::mem::take(&mut self.items);
                self.pay(items.iter().map(|item| item.line(-1, self.now, true)).collect());
            }
            Act::Toggle => self.restart(Some(at), true),
            Act::Restart => self.restart(None, true),
            Act::RestartUncredited => self.restart(None, false),
            Act::Return => {
                let place = step.which % self.history.invoices.len();
                let invoice = &mut self.history.invoices[place];
                invoice.returned_at = invoice.returned_at.or(Some(self.now));
            }
            Act::Add | Act::Remove | Act::Wait => {}
        }
    }

    fn change(&mut self, at: usize, step: &Step) {
        let old = self.items[at].clone();
        let new = Item { plan: step.plan, quantity: step.quantity, ..old.clone() };
        self.items[at] = new.clone();
        self.tell(&new, new.start);
        self.pay(vec![old.line(-1, self.now, true), new.line(1, self.now, true)]);
    }

    /// Begins all items anew, one of them with the other length.
    fn restart(&mut self, toggled: Option<usize>, is_credited: bool) {
        let now = self.now;
        let mut lines = Vec::new();
        if is_credited {
            lines.extend(self.items.iter().map(|item| item.line(-1, now, true)));
        }
        if let Some(item) = toggled.map(|at| &mut self.items[at]) {
            item.length = if item.length == YEAR { MONTH } else { YEAR };
        }
        for place in 0..self.items.len() {
            self.items[place].begin_at(now);
            let item = self.items[place].clone();
            lines.push(item.line(1, now, false));
            self.tell(&item, now);
        }
        self.pay(lines);
    }
}
