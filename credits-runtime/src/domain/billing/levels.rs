//! Levels: the credits per cycle that a lane is paid for at each instant, and the credits of a cycle as one
//! exact sum of its base and its rises, less those of credited time.
//!
//! It does not know where cycles lie, how long their credits last, nor which awards were given.

use credits_core::Fraction;

use super::cycles::{Cycle, Lane};
use super::event::Interval;
use super::items::SubscriptionItems;
use super::paid::{Paid, Span};
use super::record::Billing;
use super::sums::{fraction, micros, micros_between, most};
use super::terms::PlanTerms;
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::time::Timestamp;

mod full;
mod integral;
mod portions;

use integral::integrate;
pub(super) use portions::{Portion, Portions};

/// The base of one item: credits of a cycle for the level at its first paid instant.
#[derive(Clone, Debug)]
pub(super) struct Base<'a> {
    pub(super) item: &'a ObjectId,
    pub(super) terms: &'a PlanTerms,
    pub(super) paid_at: Timestamp,
    /// Price in minor units, after discounts and without tax, and the currency.
    pub(super) basis: (i64, &'a str),
    /// Credits per cycle.
    amount: i128,
    begun: Timestamp,
    /// Credits from the first paid instant on.
    exact: Fraction,
    is_credited: bool,
    /// Whether it is given for the whole cycle, even if only part of the cycle is paid.
    holds: bool,
}

impl Base<'_> {
    /// Whether it gives any credits.
    pub(super) fn is_positive(&self) -> bool {
        self.amount > 0
    }

    /// Credits per cycle at an instant. A base that does not hold counts for its paid time only, credited
    /// time included.
    fn at(&self, seen: &[Seen<'_>], at: Timestamp) -> i128 {
        if self.holds {
            return self.amount;
        }
        let there = seen.iter().filter(|seen| seen.item == self.item && seen.from <= at && at < seen.end);
        there.map(|seen| seen.amount).max().unwrap_or(0).min(self.amount)
    }
}

/// The terms of a cycle's rises: credits beyond its base.
#[derive(Clone, Debug)]
pub(super) struct Rise<'a> {
    pub(super) at: Timestamp,
    pub(super) terms: &'a PlanTerms,
    pub(super) paid_at: Timestamp,
    /// Price in minor units, after discounts and without tax, and the currency.
    pub(super) basis: (i64, &'a str),
    /// Start and payment of the newest span, whose terms apply.
    begun: (Timestamp, Timestamp),
}

/// The exact credits of a cycle.
#[derive(Clone, Debug)]
pub(super) struct Level<'a> {
    /// The first paid instant.
    pub(super) from: Timestamp,
    /// One for each item, by the start of its span.
    pub(super) bases: Vec<Base<'a>>,
    pub(super) rise: Option<Rise<'a>>,
    rises: Fraction,
    credited: Fraction,
    /// The rises without credited time.
    rises_uncut: Fraction,
    /// The starts of credited time.
    pub(super) cuts: Vec<Timestamp>,
    /// Next start of a paid span in the future.
    pub(super) next: Option<Timestamp>,
    /// Level of paid time; empty unless the subscription has debits.
    pub(super) paid: Vec<PaidLevel>,
    /// Credits of debits passed on by other cycle lengths.
    owed: Fraction,
}

/// The level of a cycle over a period of paid time.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaidLevel {
    pub(super) period: Interval,
    /// Credits per cycle.
    pub(super) amount: i128,
}

/// Credited time without a span to cut; it lowers the level of a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneDebit {
    pub(super) period: Interval,
    /// Credits per cycle.
    pub(super) amount: i128,
}

/// The part of a span in a cycle.
struct Seen<'a> {
    item: &'a ObjectId,
    from: Timestamp,
    cut: Timestamp,
    end: Timestamp,
    /// Credits per cycle.
    amount: i128,
    terms: &'a PlanTerms,
    paid_at: Timestamp,
    /// Price of this part, in minor units, and the currency.
    basis: (i64, &'a str),
    /// Whether it started in an earlier cycle that was cut where this one starts.
    came_over: bool,
}

impl Seen<'_> {
    fn covers(&self, instant: Timestamp) -> bool {
        self.from <= instant && instant < self.cut
    }

    fn is_credited(&self, instant: Timestamp) -> bool {
        self.cut <= instant && instant < self.end && self.from <= instant
    }

    /// Whether it covers an instant or starts there. A span that is credited from its start is used at that
    /// instant.
    fn begins(&self, instant: Timestamp) -> bool {
        self.covers(instant) || (self.from == instant && instant < self.end)
    }
}

/// Computes the levels of a lane's cycles.
#[derive(Clone, Copy)]
pub(super) struct Valuation<'a, 'b> {
    pub(super) billing: &'a Billing,
    pub(super) items: &'b SubscriptionItems<'a>,
    pub(super) lane: &'b Lane,
    /// Paid time, without returned invoices.
    pub(super) live: &'b Paid<'a>,
    /// Unpaid time by states of items.
    pub(super) stated: &'b [Span<'a>],
    pub(super) now: Timestamp,
}

/// The levels of a lane.
pub(super) struct Levels<'a> {
    /// Cycles that are paid at least in part, each with its place in the list of cycles.
    pub(super) levels: Vec<(usize, Level<'a>)>,
    /// Debits that lowered no cycle.
    pub(super) debits_left: Vec<LaneDebit>,
}

impl<'a> Valuation<'a, '_> {
    /// Returns the levels of these cycles.
    pub(super) fn of_all(&self, cycles: &[Cycle<'a>]) -> Levels<'a> {
        let mut debits = self.debits();
        // Where one cycle cuts another, a debit lowers the newer one first.
        let levels = cycles.iter().enumerate().rev();
        let levels = levels.filter_map(|(place, cycle)| Some((place, self.of(cycle, &mut debits)?)));
        let mut levels: Vec<_> = levels.collect();
        levels.reverse();
        Levels { levels, debits_left: debits }
    }

    /// The level of a cycle; `None` if no time in it is paid. The debits that lower it are removed from the
    /// list.
    fn of(&self, cycle: &Cycle<'a>, debits: &mut Vec<LaneDebit>) -> Option<Level<'a>> {
        let (mut seen, next) = self.seen(cycle);
        let used = |seen: &Seen<'_>| {
            let from = seen.from.max(cycle.start);
            (seen.begins(from) && from < cycle.whole_end).then_some(from)
        };
        let from = seen.iter().filter_map(used).min()?;
        seen.retain(|seen| seen.end > from);
        let mut level = Level {
            from,
            bases: bases(&seen, from, cycle),
            rise: None,
            rises: Fraction::ZERO,
            credited: Fraction::ZERO,
            rises_uncut: Fraction::ZERO,
            cuts: seen.iter().filter(|seen| seen.cut < seen.end).map(|seen| seen.cut).collect(),
            next,
            paid: Vec::new(),
            owed: Fraction::ZERO,
        };
        let integral = integrate(&mut level, &seen, cycle, debits);
        (level.rises, level.credited) = (integral.rises, integral.credited);
        if !self.live.debits.is_empty() {
            level.paid = integral.paid;
        }
        for seen in &mut seen {
            seen.cut = seen.end;
        }
        let uncut = integrate(&mut level, &seen, cycle, &mut Vec::new());
        level.rises_uncut = most(uncut.rises, level.rises);
        Some(level)
    }

    /// The spans that count in a cycle, and the next start of a future one.
    fn seen(&self, cycle: &Cycle<'a>) -> (Vec<Seen<'a>>, Option<Timestamp>) {
        let (mut seen, mut next) = (Vec::new(), None::<Timestamp>);
        let real = self.live.around(cycle.start, cycle.whole_end).iter().filter(|span| self.lane.has(span));
        for span in real.chain(self.stated) {
            let Some(own) = span.terms else { continue };
            let from = cycle.counts_from(span);
            if from >= cycle.whole_end
                || span.stated_until.is_some_and(|until| until <= cycle.start)
                || (from > span.period.start && from >= span.used_until())
                || (cycle.is_cut() && span.begun >= cycle.end)
                || span.used_until() <= cycle.start
                || from >= span.period.end
            {
                continue;
            }
            if span.period.start > self.now {
                next = Some(next.map_or(span.period.start, |next| next.min(span.period.start)));
                continue;
            }
            // A migration may have changed the terms since the span began.
            let current = self.billing.terms(self.items.subscription, span.price, cycle.start);
            let current = current.filter(|terms| {
                terms.every == Some(self.lane.every) && Asset::of(&terms.asset) == self.lane.asset
            });
            let terms = current.unwrap_or(own);
            // Where the cycle is cut, other items carry over into the next one.
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
                came_over: cycle.begins_at_a_cut() && span.begun < cycle.start,
            });
        }
        (seen, next)
    }

    /// Credited time of the lane without a span.
    fn debits(&self) -> Vec<LaneDebit> {
        let debits = self.live.debits.iter().filter_map(|debit| {
            let terms = debit.terms?;
            let is_of_lane =
                terms.every == Some(self.lane.every) && Asset::of(&terms.asset) == self.lane.asset;
            let amount = i128::from(terms.amount).saturating_mul(i128::from(debit.quantity));
            is_of_lane.then_some(LaneDebit { period: debit.period, amount })
        });
        debits.collect()
    }
}

/// The base of each item at the first paid instant of the cycle.
fn bases<'a>(seen: &[Seen<'a>], from: Timestamp, cycle: &Cycle<'a>) -> Vec<Base<'a>> {
    let mut bases: Vec<Base<'a>> = Vec::new();
    let share = Fraction::new(micros_between(from, cycle.whole_end), micros(cycle.whole));
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
        // The span with the most credits counts; among equals, the one paid first.
        match bases.iter_mut().find(|other| other.item == seen.item) {
            Some(other) if (other.amount, seen.paid_at) < (seen.amount, other.paid_at) => *other = base,
            Some(_) => {}
            None => bases.push(base),
        }
    }
    for base in bases.iter_mut().filter(|base| !base.holds) {
        base.exact = while_paid(base, seen, from, cycle);
    }
    bases.sort_by_key(|base| (base.begun, base.item));
    bases
}

/// The price of the part of a span between two instants: in minor units, after discounts and without tax,
/// rounded toward zero.
fn basis(span: &Span<'_>, from: Timestamp, to: Timestamp) -> i64 {
    let part = micros_between(from, span.period.end.min(to));
    let whole = micros_between(span.period.start, span.period.end).max(1);
    let share = i128::from(span.net).saturating_mul(part).checked_div(whole);
    share.and_then(|share| i64::try_from(share).ok()).unwrap_or(0)
}

/// Credits of a base that does not hold, summed over its paid time.
fn while_paid(base: &Base<'_>, seen: &[Seen<'_>], from: Timestamp, cycle: &Cycle<'_>) -> Fraction {
    let of_item = || seen.iter().filter(|seen| seen.item == base.item);
    let ends = of_item().flat_map(|seen| [seen.from, seen.end]);
    let instants = instants_between(from, cycle.whole_end, ends);
    let sum = instants.windows(2).fold(0_i128, |sum, pair| {
        let &[at, until] = pair else { return sum };
        sum.saturating_add(base.at(seen, at).saturating_mul(micros_between(at, until)))
    });
    fraction(sum, micros(cycle.whole))
}

/// Both ends and the instants between them, sorted and without duplicates.
fn instants_between(
    from: Timestamp,
    to: Timestamp,
    instants: impl IntoIterator<Item = Timestamp>,
) -> Vec<Timestamp> {
    let instants = instants.into_iter().chain([from, to]);
    let mut instants: Vec<_> = instants.filter(|at| from <= *at && *at <= to).collect();
    instants.sort_unstable();
    instants.dedup();
    instants
}
