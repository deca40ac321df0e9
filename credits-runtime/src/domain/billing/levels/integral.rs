//! Integration: sums the level of a cycle over time, above the base and below it.
//!
//! It does not know how the sums are divided among awards.

use credits_core::Fraction;

use super::full::Full;
use super::{LaneDebit, Level, PaidLevel, Rise, Seen, instants_between};
use crate::domain::billing::cycles::Cycle;
use crate::domain::billing::event::Interval;
use crate::domain::billing::sums::{add, fraction, micros, micros_between};
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Credits of a cycle apart from its base.
pub(super) struct Integral {
    /// Credits of rises.
    pub(super) rises: Fraction,
    /// Credits of the bases' credited time.
    pub(super) credited: Fraction,
    /// Level of paid time, lowered by debits.
    pub(super) paid: Vec<PaidLevel>,
}

/// The level at an instant relative to the base, in credits per cycle.
struct Net {
    /// Level paid above the base, less the credited part of the base.
    net: i128,
    /// Credited part of bases that were given for their paid time only.
    by_time: i128,
}

/// Computes the credits of a cycle above its base, and those of its credited time. Debits that lower the
/// level are removed from `debits`.
pub(super) fn integrate<'a>(
    level: &mut Level<'a>,
    seen: &[Seen<'a>],
    cycle: &Cycle<'a>,
    debits: &mut Vec<LaneDebit>,
) -> Integral {
    let (from, to) = (level.from, cycle.whole_end);
    let (mut left, mut paid) = (Vec::new(), Vec::new());
    let ends = seen.iter().flat_map(|seen| [seen.from, seen.cut, seen.end]);
    let ends = ends.chain(debits.iter().flat_map(|debit| [debit.period.start, debit.period.end]));
    let instants = instants_between(from, to, ends);
    let (mut rises, mut credited, mut by_time, mut ever) = (0_i128, 0_i128, 0_i128, 0_i128);
    let mut full = Full::default();
    for pair in instants.windows(2) {
        let &[at, until] = pair else { continue };
        let length = micros_between(at, until);
        let Net { net, by_time: credited_by_time } = net(level, seen, at);
        let sum = |holds: bool| {
            let bases = level.bases.iter().filter(|base| base.holds == holds);
            bases.fold(0_i128, |sum, base| sum.saturating_add(base.at(seen, at)))
        };
        let base_by_time = sum(false);
        let base = sum(true).saturating_add(base_by_time);
        // Time that was credited without being paid lowers the level to zero at most.
        let owed = debits.iter().filter(|debit| debit.period.contains(at));
        let owed = owed.fold(0_i128, |sum, debit| sum.saturating_add(debit.amount));
        let lowered = owed.min(base.saturating_add(net).max(0));
        let net = net.saturating_sub(lowered);
        let period = Interval { start: at, end: until };
        if seen.iter().any(|seen| seen.covers(at)) {
            paid.push(PaidLevel { period, amount: base.saturating_add(net).max(0) });
        }
        if owed > lowered {
            left.push(LaneDebit { period, amount: owed.saturating_sub(lowered) });
        }
        full.begins(level, seen, at, net);
        rises = rises.saturating_add(net.saturating_sub(full.raised_at(at)).max(0).saturating_mul(length));
        let lost = net.saturating_neg().max(0);
        // Debits first lower bases that are given for their paid time only.
        let left_by_time = base_by_time.saturating_sub(credited_by_time);
        let lost_by_time = lost.min(credited_by_time.saturating_add(lowered.min(left_by_time)));
        by_time = by_time.saturating_add(lost_by_time.saturating_mul(length));
        credited = credited.saturating_add(lost.saturating_sub(lost_by_time).saturating_mul(length));
        if seen.iter().any(|seen| seen.from <= at && at < seen.end) {
            ever = ever.saturating_add(length);
        }
    }
    let outside = std::mem::take(debits).into_iter().flat_map(|LaneDebit { period, amount }| {
        let Interval { start, end } = period;
        let parts = [Interval { start, end: end.min(from) }, Interval { start: start.max(to), end }];
        let parts = parts.into_iter().filter(|part| part.start < part.end);
        parts.map(move |period| LaneDebit { period, amount })
    });
    left.extend(outside);
    *debits = left;
    let whole = micros(cycle.whole);
    let rises = add(fraction(rises, whole), full.given(to));
    // Under `in_advance`, a cycle that is paid only in part gave its whole base for that part. Credited time
    // therefore takes its share of the time that was ever paid.
    let scale = Fraction::new(micros_between(from, to), ever.max(1)).unwrap_or(Fraction::whole(1));
    let credited = fraction(credited, whole);
    let credited = credited.checked_mul(scale).unwrap_or(credited);
    Integral { rises, credited: add(credited, fraction(by_time, whole)), paid }
}

/// The level at an instant relative to the base. A base whose paid time is over holds to the cycle's end,
/// because it was given for time that is still to be paid; payments for other items cover that time first.
fn net<'a>(level: &mut Level<'a>, seen: &[Seen<'a>], at: Timestamp) -> Net {
    let (mut net, mut by_time, mut unpaid) = (0_i128, 0_i128, 0_i128);
    let mut done: Vec<&ObjectId> = Vec::new();
    for item in seen.iter().map(|seen| seen.item) {
        if done.contains(&item) {
            continue;
        }
        done.push(item);
        let of_item = || seen.iter().filter(|seen| seen.item == item);
        let highest = of_item().filter(|seen| seen.covers(at)).max_by_key(|seen| seen.amount);
        let paid = highest.map_or(0, |seen| seen.amount);
        let base = level.bases.iter_mut().find(|base| base.item == item);
        let (held, holds) = base.as_ref().map_or((0, false), |base| (base.amount, base.holds));
        if paid >= held {
            net = net.saturating_add(paid.saturating_sub(held));
            if let Some(seen) = highest.filter(|_| paid > held) {
                level.rise = Some(risen(level.rise.take(), seen, at));
            }
            continue;
        }
        let credited = of_item().filter(|seen| seen.is_credited(at)).map(|seen| seen.amount).max();
        let credited = credited.map_or(0, |credited| credited.min(held).saturating_sub(paid).max(0));
        if let Some(base) = base.filter(|_| credited > 0) {
            base.is_credited = true;
            by_time = by_time.saturating_add(if base.holds { 0 } else { credited });
        }
        net = net.saturating_sub(credited);
        if holds {
            unpaid = unpaid.saturating_add(held.saturating_sub(paid).saturating_sub(credited));
        }
    }
    Net { net: net.saturating_sub(unpaid.min(net.max(0))), by_time }
}

/// Adds a span to a rise: the rise starts with its first span and has the terms of its newest.
fn risen<'a>(rise: Option<Rise<'a>>, seen: &Seen<'a>, at: Timestamp) -> Rise<'a> {
    let begun = (seen.from, seen.paid_at);
    let new = Rise { at, terms: seen.terms, paid_at: seen.paid_at, basis: seen.basis, begun };
    let Some(rise) = rise else { return new };
    let paid_at = rise.paid_at.max(new.paid_at);
    let last = if new.begun > rise.begun { new } else { rise.clone() };
    Rise { at: rise.at.min(at), paid_at, ..last }
}
