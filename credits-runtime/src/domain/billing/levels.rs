//! Levels: what a lane is paid for at each instant of a cycle, and what the cycle gives because of it: one exact sum of
//! its base, its rises and what is credited.

use credits_core::{Fraction, Rounding};

use super::cycles::{Cycle, Lane};
use super::event::{Interval, Status};
use super::items::SubscriptionItems;
use super::paid::{Paid, Span};
use super::record::Billing;
use super::terms::PlanTerms;
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::time::Timestamp;

/// What one item of a cycle gives for being paid at the cycle's start.
#[derive(Clone, Debug)]
pub(super) struct Base<'a> {
    pub(super) item: &'a ObjectId,
    pub(super) terms: &'a PlanTerms,
    pub(super) paid_at: Timestamp,
    /// What was paid for it, in minor units, and the currency.
    pub(super) basis: (i64, &'a str),
    amount: i128,
    begun: Timestamp,
    exact: Fraction,
    is_credited: bool,
    /// Whether it is given for the whole cycle, however little of it is paid so far.
    holds: bool,
}

impl Base<'_> {
    /// Whether its item is paid for any credits.
    pub(super) fn is_positive(&self) -> bool {
        self.amount > 0
    }
}

/// What a cycle gives beyond its base.
#[derive(Clone, Debug)]
pub(super) struct Rise<'a> {
    pub(super) at: Timestamp,
    pub(super) terms: &'a PlanTerms,
    pub(super) paid_at: Timestamp,
    /// What was paid for it, in minor units, and the currency.
    pub(super) basis: (i64, &'a str),
    begun: (Timestamp, Timestamp),
}

/// What a cycle gives, exactly.
#[derive(Clone, Debug)]
pub(super) struct Level<'a> {
    /// The first paid instant.
    pub(super) from: Timestamp,
    /// By item, in the order in which they begun.
    pub(super) bases: Vec<Base<'a>>,
    pub(super) rise: Option<Rise<'a>>,
    rises: Fraction,
    credited: Fraction,
    /// What the rises would be, were nothing credited.
    rises_uncut: Fraction,
    /// Where time is credited from.
    pub(super) cuts: Vec<Timestamp>,
    /// When more of it begins that is paid already.
    pub(super) next: Option<Timestamp>,
}

/// What an award comes to in whole credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portion {
    pub(super) amount: i64,
    /// By how much it is lower because time was credited.
    pub(super) credited: i64,
}

/// A credit without a span: when it lowers a lane, and by how many credits a cycle.
pub(super) type LaneDebit = (Interval, i128);

/// A span as a cycle sees it.
struct Seen<'a> {
    item: &'a ObjectId,
    from: Timestamp,
    cut: Timestamp,
    end: Timestamp,
    amount: i128,
    terms: &'a PlanTerms,
    paid_at: Timestamp,
    /// What was paid for the part of it that is in the cycle, in minor units, and the currency.
    basis: (i64, &'a str),
    /// Whether it came over from a cycle that was cut.
    came_over: bool,
}

impl Seen<'_> {
    fn covers(&self, instant: Timestamp) -> bool {
        self.from <= instant && instant < self.cut
    }

    fn is_credited(&self, instant: Timestamp) -> bool {
        self.cut <= instant && instant < self.end && self.from <= instant
    }

    /// Whether it is used where it begins, though it may be credited from there.
    fn begins(&self, instant: Timestamp) -> bool {
        self.covers(instant) || (self.from == instant && instant < self.end)
    }
}

/// What decides about a cycle.
#[derive(Clone, Copy)]
pub(super) struct Valuation<'a, 'b> {
    pub(super) billing: &'a Billing,
    pub(super) items: &'b SubscriptionItems<'a>,
    pub(super) lane: &'b Lane,
    /// What was paid and did not come back.
    pub(super) live: &'b Paid<'a>,
    /// What states give without being paid.
    pub(super) said: &'b [Span<'a>],
    pub(super) now: Timestamp,
}

impl<'a> Valuation<'a, '_> {
    /// What each cycle gives that anything of is paid, with its place; and the debits that lowered nothing. `others` are
    /// debits of other lanes.
    pub(super) fn of_all(
        &self,
        cycles: &[Cycle<'a>],
        others: &[LaneDebit],
    ) -> (Vec<(usize, Level<'a>)>, Vec<LaneDebit>) {
        let mut debits = self.debits();
        debits.extend_from_slice(others);
        // Where one cycle cuts another, a credit without a span lowers the newer one first.
        let levels = cycles.iter().enumerate().rev();
        let levels = levels.filter_map(|(place, cycle)| Some((place, self.of(cycle, &mut debits)?)));
        let mut levels: Vec<_> = levels.collect();
        levels.reverse();
        (levels, debits)
    }

    /// What a cycle gives; nothing if nothing of it is paid. The debits that lower it are taken off the list.
    fn of(&self, cycle: &Cycle<'a>, debits: &mut Vec<LaneDebit>) -> Option<Level<'a>> {
        let (mut seen, next) = self.seen(cycle);
        let used = |seen: &Seen<'_>| {
            let from = seen.from.max(cycle.start);
            (seen.begins(from) && from < cycle.whole_end).then_some(from)
        };
        let from = seen.iter().filter_map(used).min()?;
        seen.retain(|seen| seen.end > from);
        let to = cycle.whole_end;
        let mut level = Level {
            from,
            bases: Self::bases(&seen, (from, to), cycle),
            rise: None,
            rises: Fraction::ZERO,
            credited: Fraction::ZERO,
            rises_uncut: Fraction::ZERO,
            cuts: seen.iter().filter(|seen| seen.cut < seen.end).map(|seen| seen.cut).collect(),
            next,
        };
        let (rises, credited) = Self::integrate(&mut level, &seen, cycle, debits);
        (level.rises, level.credited) = (rises, credited);
        for seen in &mut seen {
            seen.cut = seen.end;
        }
        (level.rises_uncut, _) = Self::integrate(&mut level, &seen, cycle, &mut Vec::new());
        level.rises_uncut = most(level.rises_uncut, level.rises);
        Some(level)
    }

    /// The spans that a cycle sees, and when the next one of those begins that are yet to come.
    fn seen(&self, cycle: &Cycle<'a>) -> (Vec<Seen<'a>>, Option<Timestamp>) {
        let (mut seen, mut next) = (Vec::new(), None::<Timestamp>);
        let real = self.live.around(cycle.start, cycle.whole_end).iter().filter(|span| self.lane.has(span));
        for span in real.chain(self.said) {
            let Some(own) = span.terms else { continue };
            let from = cycle.counts_from(span);
            if from >= cycle.whole_end
                || span.said_until.is_some_and(|until| until <= cycle.start)
                || (from > span.period.start && from >= span.used_until())
                || (cycle.is_cut() && span.period.start >= cycle.end)
                || span.used_until() <= cycle.start
                || from >= span.period.end
            {
                continue;
            }
            if span.period.start > self.now {
                next = Some(next.map_or(span.period.start, |next| next.min(span.period.start)));
                continue;
            }
            let now = self.billing.terms(self.items.subscription, span.price, cycle.start);
            let now = now.filter(|terms| {
                terms.every == Some(self.lane.every) && Asset::of(&terms.asset) == self.lane.asset
            });
            let terms = now.unwrap_or(own);
            // Where the cycle is cut, other items go over into the next one.
            let goes_over = cycle.is_cut() && !cycle.is_cut_by(span.item);
            if goes_over && from >= cycle.end {
                continue;
            }
            let cut = if goes_over { span.cut.min(cycle.end) } else { span.cut };
            seen.push(Seen {
                item: span.item,
                from,
                cut,
                end: span.period.end,
                amount: i128::from(terms.amount).saturating_mul(i128::from(span.quantity)),
                terms,
                paid_at: span.paid_at,
                basis: (basis(span, from.max(cycle.start), cycle.whole_end), span.currency),
                came_over: cycle.begins_at_a_cut() && span.period.start < cycle.start,
            });
        }
        (seen, next)
    }

    /// What each item gives for being paid where the cycle is paid first.
    fn bases(seen: &[Seen<'a>], (from, to): (Timestamp, Timestamp), cycle: &Cycle<'a>) -> Vec<Base<'a>> {
        let mut bases: Vec<Base<'a>> = Vec::new();
        let share =
            time(from, to).zip(micros(cycle.whole)).and_then(|(part, whole)| Fraction::new(part, whole));
        for seen in seen.iter().filter(|seen| seen.begins(from)) {
            let exact = share.and_then(|share| share.checked_mul(Fraction::whole(seen.amount)));
            let base = Base {
                item: seen.item,
                terms: seen.terms,
                paid_at: seen.paid_at,
                basis: seen.basis,
                amount: seen.amount,
                begun: seen.from,
                exact: exact.unwrap_or(Fraction::whole(seen.amount)),
                is_credited: false,
                holds: !seen.came_over || seen.terms.in_advance,
            };
            match bases.iter_mut().find(|other| other.item == seen.item) {
                Some(other) if (other.amount, seen.paid_at) < (seen.amount, other.paid_at) => *other = base,
                Some(_) => {}
                None => bases.push(base),
            }
        }
        for base in bases.iter_mut().filter(|base| !base.holds) {
            base.exact = while_paid(base, seen, (from, to), cycle);
        }
        bases.sort_by_key(|base| (base.begun, base.item));
        bases
    }

    /// Adds up what is paid beyond the base and what of the base is credited, from instant to instant.
    fn integrate(
        level: &mut Level<'a>,
        seen: &[Seen<'a>],
        cycle: &Cycle<'a>,
        debits: &mut Vec<LaneDebit>,
    ) -> (Fraction, Fraction) {
        let (from, to) = (level.from, cycle.whole_end);
        let mut left: Vec<LaneDebit> = Vec::new();
        let ends = seen.iter().flat_map(|seen| [seen.from, seen.cut, seen.end]);
        let ends =
            ends.chain(debits.iter().flat_map(|(period, _)| [period.start, period.end])).chain([from, to]);
        let mut instants: Vec<_> = ends.filter(|at| from <= *at && *at <= to).collect();
        instants.sort_unstable();
        instants.dedup();
        let base = level.bases.iter().fold(0_i128, |sum, base| sum.saturating_add(base.amount));
        let (mut rises, mut credited, mut by_time, mut ever) = (0_i128, 0_i128, 0_i128, 0_i128);
        let mut full = Full::default();
        for pair in instants.windows(2) {
            let &[at, until] = pair else { continue };
            let length = time(at, until).unwrap_or(0);
            let (net, of_by_time) = Self::net(level, seen, at);
            // What is credited without being paid lowers the level to nothing at most.
            let owed = debits.iter().filter(|(period, _)| period.contains(at));
            let owed = owed.fold(0_i128, |sum, (_, amount)| sum.saturating_add(*amount));
            let lowered = owed.min(base.saturating_add(net).max(0));
            let net = net.saturating_sub(lowered);
            if owed > lowered {
                left.push((Interval { start: at, end: until }, owed.saturating_sub(lowered)));
            }
            full.begins(level, seen, (at, net));
            rises =
                rises.saturating_add(net.saturating_sub(full.raised_at(at)).max(0).saturating_mul(length));
            let lost = net.saturating_neg().max(0);
            let lost_by_time = lost.min(of_by_time);
            by_time = by_time.saturating_add(lost_by_time.saturating_mul(length));
            credited = credited.saturating_add(lost.saturating_sub(lost_by_time).saturating_mul(length));
            if seen.iter().any(|seen| seen.from <= at && at < seen.end) {
                ever = ever.saturating_add(length);
            }
        }
        let outside = std::mem::take(debits).into_iter().flat_map(|(Interval { start, end }, amount)| {
            let parts = [Interval { start, end: end.min(from) }, Interval { start: start.max(to), end }];
            parts.into_iter().filter(|part| part.start < part.end).map(move |part| (part, amount))
        });
        left.extend(outside);
        *debits = left;
        let whole = micros(cycle.whole).unwrap_or(1);
        let rises = add(fraction(rises, whole), full.given(to));
        // Of a cycle that is paid in part, the part is what all of it was given for.
        let scale =
            time(from, to).and_then(|all| Fraction::new(all, ever.max(1))).unwrap_or(Fraction::whole(1));
        let credited = fraction(credited, whole);
        let credited = credited.checked_mul(scale).unwrap_or(credited);
        (rises, add(credited, fraction(by_time, whole)))
    }

    /// What is paid beyond the base at an instant, less what of the base is credited there; and what of the latter is of
    /// bases that were given for their paid time alone. A base whose paid time is over holds to the cycle's end.
    fn net(level: &mut Level<'a>, seen: &[Seen<'a>], at: Timestamp) -> (i128, i128) {
        let (mut net, mut by_time) = (0_i128, 0_i128);
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
            let held = base.as_ref().map_or(0, |base| base.amount);
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
        }
        (net, by_time)
    }

    /// Credits without a span: when they lower the level, and by how much.
    fn debits(&self) -> Vec<LaneDebit> {
        let debits = self.live.debits.iter().filter_map(|debit| {
            let terms = debit.terms?;
            let is_of_lane =
                terms.every == Some(self.lane.every) && Asset::of(&terms.asset) == self.lane.asset;
            let amount = i128::from(terms.amount).saturating_mul(i128::from(debit.quantity));
            is_of_lane.then_some((debit.period, amount))
        });
        debits.collect()
    }
}

/// What was paid for the part of a span that is in an interval, in minor units, rounded down.
fn basis(span: &Span<'_>, from: Timestamp, to: Timestamp) -> i64 {
    let part = time(from, span.period.end.min(to)).unwrap_or(0);
    let whole = time(span.period.start, span.period.end).unwrap_or(0).max(1);
    let share = i128::from(span.net).saturating_mul(part).checked_div(whole);
    share.and_then(|share| i64::try_from(share).ok()).unwrap_or(0)
}

/// What a base gives that does not hold beyond its paid time: as much of it as is paid from instant to instant.
fn while_paid(
    base: &Base<'_>,
    seen: &[Seen<'_>],
    (from, to): (Timestamp, Timestamp),
    cycle: &Cycle<'_>,
) -> Fraction {
    let of_item = || seen.iter().filter(|seen| seen.item == base.item);
    let ends = of_item().flat_map(|seen| [seen.from, seen.end]).chain([from, to]);
    let mut instants: Vec<_> = ends.filter(|at| from <= *at && *at <= to).collect();
    instants.sort_unstable();
    instants.dedup();
    let sum = instants.windows(2).fold(0_i128, |sum, pair| {
        let &[at, until] = pair else { return sum };
        let paid = of_item().filter(|seen| seen.from <= at && at < seen.end).map(|seen| seen.amount).max();
        let paid = paid.unwrap_or(0).min(base.amount);
        sum.saturating_add(paid.saturating_mul(time(at, until).unwrap_or(0)))
    });
    fraction(sum, micros(cycle.whole).unwrap_or(1))
}

/// A rise with one more span that it is for: the terms are those of the last to begin.
fn risen<'a>(rise: Option<Rise<'a>>, seen: &Seen<'a>, at: Timestamp) -> Rise<'a> {
    let begun = (seen.from, seen.paid_at);
    let new = Rise { at, terms: seen.terms, paid_at: seen.paid_at, basis: seen.basis, begun };
    let Some(rise) = rise else { return new };
    let paid_at = rise.paid_at.max(new.paid_at);
    let last = if new.begun > rise.begun { new } else { rise.clone() };
    Rise { at: rise.at.min(at), paid_at, ..last }
}

/// Rises to plans that give all of their amount, whatever is left of the cycle: once for a plan.
#[derive(Default)]
struct Full<'a> {
    plans: Vec<&'a str>,
    rises: Vec<FullRise>,
}

/// One of them.
struct FullRise {
    /// What it gives.
    amount: i128,
    /// By how much it raises the level.
    raised: i128,
    at: Timestamp,
    cut: Timestamp,
    end: Timestamp,
}

impl<'a> Full<'a> {
    /// Takes note of plans that begin at an instant and raise the level to this much beyond the base.
    fn begins(&mut self, level: &Level<'a>, seen: &[Seen<'a>], (at, net): (Timestamp, i128)) {
        for seen in seen.iter().filter(|seen| seen.from == at && at > level.from && seen.terms.is_rise_full) {
            let plan = seen.terms.plan.as_str();
            let is_base = level.bases.iter().any(|base| base.terms.plan == plan);
            let raised = net.saturating_sub(self.raised_at(at));
            if raised > 0 && !is_base && !self.plans.contains(&plan) {
                self.plans.push(plan);
                let Seen { amount, cut, end, .. } = *seen;
                self.rises.push(FullRise { amount, raised, at, cut, end });
            }
        }
    }

    /// By how much the level is raised at an instant by rises that are given as a whole.
    fn raised_at(&self, at: Timestamp) -> i128 {
        let running =
            self.rises.iter().filter(|rise| rise.at <= at && (at < rise.cut || rise.cut == rise.end));
        running.map(|rise| rise.raised).fold(0, i128::saturating_add)
    }

    /// What they give together, less the share of the time that is credited.
    fn given(&self, to: Timestamp) -> Fraction {
        self.rises.iter().fold(Fraction::ZERO, |sum, FullRise { amount, at, cut, end, .. }| {
            let all = time(*at, to).unwrap_or(0).max(1);
            let credited = time(*cut, (*end).min(to)).unwrap_or(0);
            let share = Fraction::new(all.saturating_sub(credited).max(0), all);
            let given = share.and_then(|share| share.checked_mul(Fraction::whole(*amount)));
            add(sum, given.unwrap_or(Fraction::whole(*amount)))
        })
    }
}

impl Level<'_> {
    /// All that it gives, less what is credited.
    pub(super) fn total(&self) -> Fraction {
        let given = self.bases.iter().fold(self.rises, |sum, base| add(sum, base.exact));
        subtract(given, self.credited)
    }

    /// What of it is credited.
    pub(super) fn credited(&self) -> Fraction {
        self.credited
    }

    /// Its awards in whole credits: of each base, and of the rises. `stays` of what is credited is left where it is;
    /// `elsewhere` is given by the award that something stayed in.
    pub(super) fn portions(&self, stays: Fraction, elsewhere: Fraction) -> (Vec<Portion>, Portion) {
        let exact: Vec<Fraction> = self.bases.iter().map(|base| base.exact).collect();
        let (bases, elsewhere) = take_last(exact, elsewhere, |_| true);
        let gross = (bases, subtract(self.rises, elsewhere));
        let uncut = subtract(self.rises_uncut, elsewhere);
        let credited = subtract(self.credited, stays);
        // The rises go first, then the bases of the items that are credited, the last begun first, then the others.
        let of_rises = least(credited, gross.1);
        let rises = subtract(gross.1, of_rises);
        let left = subtract(credited, of_rises);
        let (bases, left) = take_last(gross.0.clone(), left, |place| {
            self.bases.get(place).is_some_and(|base| base.is_credited)
        });
        let (bases, _) = take_last(bases, left, |_| true);
        let (before, after) = (whole(&gross.0, uncut), whole(&bases, rises));
        let mut portions = before
            .into_iter()
            .zip(after)
            .map(|(before, after)| Portion { amount: after, credited: before.saturating_sub(after).max(0) });
        let of_bases = portions.by_ref().take(self.bases.len()).collect();
        (of_bases, portions.next().unwrap_or(Portion { amount: 0, credited: 0 }))
    }
}

/// Takes an amount off the last of these first; what is left of it.
fn take_last(
    mut parts: Vec<Fraction>,
    amount: Fraction,
    counts: impl Fn(usize) -> bool,
) -> (Vec<Fraction>, Fraction) {
    let mut left = amount;
    for (_, part) in parts.iter_mut().enumerate().rev().filter(|(place, _)| counts(*place)) {
        let taken = least(left, *part);
        *part = subtract(*part, taken);
        left = subtract(left, taken);
    }
    (parts, left)
}

/// Whole credits of each part: the sum is rounded down once, and each part is what it adds to the sum.
fn whole(bases: &[Fraction], rises: Fraction) -> Vec<i64> {
    let (mut sum, mut given) = (Fraction::ZERO, 0_i128);
    let parts = bases.iter().copied().chain([rises]);
    let mut amounts = Vec::with_capacity(bases.len().saturating_add(1));
    for part in parts {
        sum = add(sum, part);
        let now = sum.round(Rounding::Floor).max(given);
        amounts.push(i64::try_from(now.saturating_sub(given)).unwrap_or(i64::MAX));
        given = now;
    }
    amounts
}

/// What states of items give that no invoice pays for, where they count: from a change to more in paid time on.
pub(super) fn said<'a>(
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    lane: &Lane,
    live: &Paid<'a>,
) -> Vec<Span<'a>> {
    let mut said = Vec::new();
    for (item, states) in &items.items {
        for (place, (at, state)) in states.states.iter().enumerate() {
            let of_item = || live.spans.iter().filter(|span| span.item == *item);
            let covering = of_item().filter(|span| span.covers(*at)).map(|span| span.period.end).max();
            let counts = matches!(state.status, Status::Active | Status::Trialing);
            let (Some(end), true) = (covering, counts) else { continue };
            let quantity = state.quantity.unwrap_or(1);
            let is_paid = of_item().any(|span| {
                span.price == &state.price
                    && span.quantity == quantity
                    && span.period.start < end
                    && span.period.end > *at
            });
            let next = states.states.get(place.saturating_add(1)).map_or(end, |(next, _)| *next);
            let terms = billing.terms(items.subscription, &state.price, *at);
            let span = Span::said(item, state, Interval { start: *at, end }, next, terms);
            if !is_paid && lane.has(&span) {
                said.push(span);
            }
        }
    }
    said
}

fn time(from: Timestamp, to: Timestamp) -> Option<i128> {
    micros(to.since(from))
}

fn micros(duration: std::time::Duration) -> Option<i128> {
    i128::try_from(duration.as_micros()).ok()
}

fn fraction(numerator: i128, denominator: i128) -> Fraction {
    Fraction::new(numerator, denominator).unwrap_or(Fraction::ZERO)
}

/// The sum; of what is too long for exact sums, the sum of the whole parts.
fn add(a: Fraction, b: Fraction) -> Fraction {
    a.checked_add(b)
        .unwrap_or_else(|| Fraction::whole(a.round(Rounding::Floor).saturating_add(b.round(Rounding::Floor))))
}

/// The difference, never below nothing.
pub(super) fn subtract(a: Fraction, b: Fraction) -> Fraction {
    let exact = a.checked_sub(b).unwrap_or_else(|| {
        Fraction::whole(a.round(Rounding::Floor).saturating_sub(b.round(Rounding::Floor)))
    });
    if exact.is_negative() { Fraction::ZERO } else { exact }
}

pub(super) fn least(a: Fraction, b: Fraction) -> Fraction {
    if a.exceeds(b).unwrap_or(false) { b } else { a }
}

fn most(a: Fraction, b: Fraction) -> Fraction {
    if a.exceeds(b).unwrap_or(false) { a } else { b }
}
