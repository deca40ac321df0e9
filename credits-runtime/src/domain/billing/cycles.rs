//! Cycles: from an anchor on, one period after the other, wherever time is paid.

use std::time::Duration;

use credits_core::Upgrades;

use super::calendar::Anchor;
use super::event::Interval;
use super::paid::{Level, Paid, PaidInstant};
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::Length;
use crate::domain::time::Timestamp;

/// One fulfilment period of a subscription.
#[derive(Clone, Debug)]
pub struct Cycle<'a> {
    /// From when to before when.
    pub interval: Interval,
    /// How long it would be, were it not the shorter first one.
    pub whole: Duration,
    /// Its first instant whose payment counts.
    pub first_paid: Option<PaidInstant>,
    /// What it gives.
    pub level: Level<'a>,
    /// Where it is among those that are counted with it, and how long each is.
    counted: Counted,
    length: Option<Length>,
}

impl Cycle<'_> {
    /// How long each is that is counted with it; `None` of a plan without credits.
    pub fn length(&self) -> Option<Length> {
        self.length
    }

    /// When it, or one of the same length after it, ends that runs at this instant.
    pub fn end_running_at(&self, at: Timestamp) -> Timestamp {
        if self.length.is_none() || at < self.interval.end {
            return self.interval.end.max(at);
        }
        self.counted.around(at).at(1)
    }
}

/// The cycles that began by now, and when the next one begins that is paid already.
pub fn cycles<'a>(
    billing: &'a Billing,
    subscription: &'a Subscription,
    paid: &Paid<'a>,
    (now, upgrades): (Timestamp, Upgrades),
) -> (Vec<Cycle<'a>>, Option<Timestamp>) {
    let mut cycles: Vec<Cycle<'a>> = Vec::new();
    let ends_at = subscription.ends_at().unwrap_or(Timestamp::MAX);
    // Where the next cycle starts, if time is paid there.
    let mut start = Timestamp::MIN;
    while let Some(at) = paid.first_from(start).filter(|at| *at < ends_at && cycles.len() < CYCLES_MAX) {
        if at > now {
            return (cycles, Some(at));
        }
        let level = level_at(billing, subscription, paid, at, upgrades);
        let length = level.terms.and_then(|terms| terms.every);
        let counted = match cycles.last() {
            None => Counted::of(Anchor::new(subscription.anchor().unwrap_or(at)), 0, length),
            Some(last) if last.length == length => last.counted,
            // A plan of another length takes over where the last cycle ended, to the same day of month.
            Some(last) => Counted::of(last.counted.anchor.moved_to(start), 0, length),
        };
        let counted = counted.around(at);
        let (begin, end) = (counted.at(0), counted.at(1));
        let (counted, interval, whole) = match length {
            // Of a plan without credits a cycle is what is paid at once.
            None => {
                let end = paid.covering(at).map_or(at, |covering| covering.line.period.end);
                (counted, Interval { start: at, end }, None)
            }
            Some(_) if begin == at => (counted, Interval { start: at, end }, None),
            // A shorter first period: to the first count.
            Some(_) if cycles.is_empty() && counted.anchor.at > at => {
                (counted, Interval { start: at, end }, Some(end.since(begin)))
            }
            // Paid time begins after a gap inside a cycle that was not awarded.
            Some(_) => {
                let counted = Counted::of(Anchor::new(at), 0, length);
                (counted, Interval { start: at, end: counted.at(1) }, None)
            }
        };
        if interval.end <= at {
            break;
        }
        let first_paid = paid.first_live_from(at).filter(|instant| instant.at < interval.end);
        let whole = whole.unwrap_or_else(|| interval.end.since(at));
        cycles.push(Cycle { interval, whole, first_paid, level, counted, length });
        start = interval.end;
    }
    (cycles, None)
}

/// How many cycles a subscription may have: daily ones for a hundred years.
const CYCLES_MAX: usize = 36_525;

/// A place among the lengths that are counted from an anchor.
#[derive(Clone, Copy, Debug)]
struct Counted {
    anchor: Anchor,
    times: i64,
    length: Option<Length>,
}

impl Counted {
    fn of(anchor: Anchor, times: i64, length: Option<Length>) -> Self {
        Self { anchor, times, length }
    }

    /// So many lengths on.
    fn at(&self, more: i64) -> Timestamp {
        let times = self.times.saturating_add(more);
        self.length.map_or(self.anchor.at, |length| self.anchor.plus(length, times))
    }

    /// The place whose length has this instant in it.
    fn around(mut self, instant: Timestamp) -> Self {
        if self.length.is_some() {
            while self.at(0) > instant && self.at(0) > Timestamp::MIN {
                self.times = self.times.saturating_sub(1);
            }
            while self.at(1) <= instant && self.at(1) < Timestamp::MAX {
                self.times = self.times.saturating_add(1);
            }
        }
        self
    }
}

/// What is given from an instant on: what is paid for there, or less, if the subscription fell since; with upgrades on
/// change, whatever it is by then.
fn level_at<'a>(
    billing: &'a Billing,
    subscription: &'a Subscription,
    paid: &Paid<'a>,
    at: Timestamp,
    upgrades: Upgrades,
) -> Level<'a> {
    let covering = paid.covering(at).map(|covering| covering.line);
    let since = covering.map_or(Timestamp::MIN, |line| line.period.start);
    let said =
        subscription.said_within(since, at).or(if covering.is_none() { subscription.latest() } else { None });
    let said = said.map(|state| Level {
        price: &state.price,
        terms: billing.terms(&state.price, at),
        quantity: state.quantity,
    });
    let is_lower = |said: &Level<'_>, paid: &Level<'_>| per_time(said) < per_time(paid);
    match (covering.map(|line| billing.level_of(line)), said) {
        (Some(paid), Some(said)) if upgrades == Upgrades::OnChange || is_lower(&said, &paid) => said,
        (Some(paid), _) => Level { terms: billing.terms(paid.price, at), ..paid },
        (None, Some(said)) => said,
        (None, None) => panic!("a paid instant has no line"),
    }
}

/// What terms give in a time that all lengths are compared in.
fn per_time(level: &Level<'_>) -> i128 {
    let length = level.terms.and_then(|terms| terms.every);
    let Some(length) = length else { return 0 };
    let anchor = Anchor { at: Timestamp::MIN, day: 1 };
    let long = anchor.plus(length, 1).microseconds().max(1);
    let year = i128::from(365_u32 * 86_400).saturating_mul(1_000_000_000_000);
    i128::from(level.amount()).saturating_mul(year).checked_div(i128::from(long)).unwrap_or(0)
}
