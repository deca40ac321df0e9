//! Debts: credited time that no span of the same lane paid for, as credits that cycles of other lengths give
//! less.
//!
//! It does not know how much a cycle gives, nor how its credits are rounded.

use credits_core::Fraction;

use crate::domain::billing::calendar::{Anchor, after};
use crate::domain::billing::cycles::{Cycle, Lane};
use crate::domain::billing::event::Interval;
use crate::domain::billing::levels::LaneDebit;
use crate::domain::billing::sums::{add, fraction, least, micros, micros_between, subtract};
use crate::domain::billing::terms::{Length, LengthUnit};
use crate::domain::time::Timestamp;

/// Credits owed over a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    period: Interval,
    /// Credits per microsecond.
    rate: Fraction,
}

/// A debit of a lane as credits over time: measured by the lane's cycle around it, or else by lengths counted
/// back from its end.
pub(super) fn owed(lane: &Lane, cycles: &[Cycle<'_>], debit: &LaneDebit) -> Vec<Owed> {
    let LaneDebit { period, amount } = *debit;
    let owed = |period, whole| Owed { period, rate: fraction(amount, whole) };
    let running = cycles.iter().rfind(|cycle| cycle.start <= period.start && period.end <= cycle.whole_end);
    if let Some(cycle) = running {
        return vec![owed(period, micros(cycle.whole))];
    }
    let lengths = lengths_until(period, lane.every).into_iter();
    lengths.map(|(period, whole)| owed(period, whole)).collect()
}

/// Divides a period into lengths counted back from its end, each with the whole length in microseconds.
fn lengths_until(Interval { start, end }: Interval, every: Length) -> Vec<(Interval, i128)> {
    if !matches!(every.unit, LengthUnit::Month | LengthUnit::Quarter | LengthUnit::Year) {
        return vec![(Interval { start, end }, micros_between(start, after(start, every)))];
    }
    let (anchor, mut parts, mut until) = (Anchor::new(end), Vec::new(), end);
    for times in 1_i64.. {
        let begin = anchor.plus(every, times.saturating_neg());
        if until <= start || begin >= until {
            break;
        }
        parts.push((Interval { start: begin.max(start), end: until }, micros_between(begin, until)));
        until = begin;
    }
    parts
}

/// A debt over time.
#[derive(Debug)]
pub(super) struct Debt {
    /// Sorted and disjoint.
    owed: Vec<Owed>,
}

impl Debt {
    /// The sum of these parts.
    pub(super) fn of(parts: &[Owed]) -> Self {
        let mut bounds: Vec<Timestamp> =
            parts.iter().flat_map(|part| [part.period.start, part.period.end]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let owed = bounds.windows(2).filter_map(|bounds| {
            let &[start, end] = bounds else { return None };
            let there = parts.iter().filter(|part| part.period.contains(start));
            let rate = there.fold(Fraction::ZERO, |sum, part| add(sum, part.rate));
            (rate != Fraction::ZERO).then_some(Owed { period: Interval { start, end }, rate })
        });
        Self { owed: owed.collect() }
    }

    /// Takes the debt of a period, up to `most` credits per microsecond, and returns the credits taken.
    pub(super) fn take(&mut self, period: Interval, most: Fraction) -> Fraction {
        let begin = self.owed.partition_point(|owed| owed.period.end <= period.start);
        let end = self.owed.partition_point(|owed| owed.period.start < period.end).max(begin);
        let (mut taken, mut left) = (Fraction::ZERO, Vec::new());
        for Owed { period: Interval { start, end }, rate } in self.owed.get(begin..end).unwrap_or_default() {
            let (from, to) = ((*start).max(period.start), (*end).min(period.end));
            let part = least(*rate, most);
            let length = Fraction::whole(micros_between(from, to));
            taken = add(taken, part.checked_mul(length).unwrap_or(Fraction::ZERO));
            let parts = [(*start, from, *rate), (from, to, subtract(*rate, part)), (to, *end, *rate)];
            let parts = parts.into_iter().filter(|(start, end, rate)| start < end && *rate != Fraction::ZERO);
            left.extend(parts.map(|(start, end, rate)| Owed { period: Interval { start, end }, rate }));
        }
        self.owed.splice(begin..end, left);
        taken
    }
}
