//! The awards of a subscription: those of each lane's cycles, and the credits that go over from one lane into another.
//!
//! It does not know how much a cycle gives, how long credits last, nor which awards were given.

use std::collections::BTreeSet;

use credits_core::{Fraction, Upgrades};

use super::award::{AwardId, Basis};
use super::calendar::after;
use super::cycles::{Cycle, Lane, cycles};
use super::due::{Due, Fulfilment, Wanted, wanted};
use super::event::Interval;
use super::items::SubscriptionItems;
use super::levels::{LaneDebit, Level, Levels, Portion, Portions, Valuation};
use super::lifetime::Lifetime;
use super::paid::{Paid, Span};
use super::record::Billing;
use super::stated::stated;
use super::sums::{least, subtract};
use super::terms::{PlanTerms, Unused};
use crate::domain::category::Category;
use crate::domain::time::Timestamp;

/// The paid time of a subscription.
pub struct Known<'a> {
    /// All paid time, also of invoices that were returned: it decides where cycles lie.
    pub placed: Paid<'a>,
    /// Paid time without returned invoices: it decides how much cycles give.
    pub live: Paid<'a>,
}

impl<'a> Known<'a> {
    /// Reads the paid time of a subscription from its invoices.
    pub fn of(billing: &'a Billing, items: &SubscriptionItems<'a>) -> Self {
        let placed = Paid::of(billing, items);
        let live = placed.live();
        Self { placed, live }
    }

    /// The lanes of all paid time, and of credits without a span.
    pub fn lanes(&self) -> BTreeSet<Lane> {
        let debits = self.live.debits.iter().filter_map(|debit| Lane::of_terms(debit.terms?));
        self.placed.spans.iter().filter_map(Lane::of).chain(debits).collect()
    }
}

/// A lane before its cycles are valued.
struct FoundLane<'a> {
    lane: Lane,
    cycles: Vec<Cycle<'a>>,
    /// Unpaid time by states of items, where `upgrades on_change` counts it.
    stated: Vec<Span<'a>>,
}

/// A lane with the levels of its cycles.
struct ValuedLane<'a> {
    lane: Lane,
    cycles: Vec<Cycle<'a>>,
    /// The cycles that are paid in part at least.
    valued: Vec<Valued<'a>>,
}

/// A cycle with its level.
struct Valued<'a> {
    cycle: Cycle<'a>,
    level: Level<'a>,
    /// Credits of credited time that stay in its awards, because a cycle of another length gives as much less.
    stays: Fraction,
    /// Credits that it gives less, because they stay in a cycle of another length.
    elsewhere: Fraction,
}

/// Adds the awards of a subscription's cycles.
pub(super) fn due<'a>(
    due: &mut Due,
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    paid: &Known<'a>,
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    let found = paid.lanes().into_iter().map(|lane| {
        let found = cycles(items, &lane, &paid.placed, now);
        if let Some(next) = found.next {
            due.is_due(next, now);
        }
        let stated = match fulfilment.upgrades {
            Upgrades::OnChange => stated(billing, items, &lane, &paid.live),
            Upgrades::OnPayment => Vec::new(),
        };
        FoundLane { lane, cycles: found.begun, stated }
    });
    let found: Vec<_> = found.collect();
    let mut lanes = valued(billing, items, paid, found, now);
    let levels = lanes.iter().flat_map(|lane| &lane.valued).map(|valued| &valued.level);
    for next in levels.filter_map(|level| level.next) {
        due.is_due(next, now);
    }
    carry_over(&mut lanes);
    for ValuedLane { lane, cycles, valued } in &lanes {
        let lifetime = Lifetime { billing, items, lane, live: &paid.live, cycles, fulfilment };
        for valued in valued {
            awards(due, items, lane, valued, &lifetime);
        }
    }
    superseded(due, billing, items, paid, &lanes);
}

/// Values each lane by itself, and once more where debits of other lanes lower it.
fn valued<'a>(
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    paid: &Known<'a>,
    found: Vec<FoundLane<'a>>,
    now: Timestamp,
) -> Vec<ValuedLane<'a>> {
    let value = |FoundLane { lane, cycles, stated }: &FoundLane<'a>, others: &[LaneDebit]| {
        Valuation { billing, items, lane, live: &paid.live, stated, now }.of_all(cycles, others)
    };
    let alone: Vec<Levels<'a>> = found.iter().map(|lane| value(lane, &[])).collect();
    let left = found.iter().zip(&alone);
    let left = left.flat_map(|(found, alone)| alone.debits_left.iter().map(|debit| (&found.lane, *debit)));
    let left: Vec<(Lane, LaneDebit)> = left.map(|(lane, debit)| (lane.clone(), debit)).collect();
    let mut lanes = Vec::new();
    for (found, alone) in found.into_iter().zip(alone) {
        let others = left.iter().flat_map(|(own, debit)| debits_of_another(paid, &found.lane, own, *debit));
        let others: Vec<_> = others.collect();
        let levels = if others.is_empty() { alone.levels } else { value(&found, &others).levels };
        let valued = levels.into_iter().filter_map(|(place, level)| {
            let (stays, elsewhere) = (Fraction::ZERO, Fraction::ZERO);
            Some(Valued { cycle: found.cycles.get(place)?.clone(), level, stays, elsewhere })
        });
        let valued = valued.collect();
        lanes.push(ValuedLane { lane: found.lane, cycles: found.cycles, valued });
    }
    lanes
}

/// The debits of `lane` for a debit that lowered nothing in the lane `own`: of those of the same asset and another cycle
/// length, the first that is paid at an instant is lowered there. The amount is scaled by the cycle lengths, so that the
/// credits per time stay the same.
fn debits_of_another(
    paid: &Known<'_>,
    lane: &Lane,
    own: &Lane,
    LaneDebit { period, amount }: LaneDebit,
) -> Vec<LaneDebit> {
    if lane.asset != own.asset || lane.every == own.every {
        return Vec::new();
    }
    let lanes = paid.lanes();
    let others: Vec<_> =
        lanes.iter().filter(|other| other.asset == own.asset && other.every != own.every).collect();
    let spans = paid.live.around(period.start, period.end);
    let bounds = spans.iter().flat_map(|span| [span.period.start, span.used_until()]);
    let mut bounds: Vec<_> =
        bounds.filter(|at| period.contains(*at)).chain([period.start, period.end]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let is_paid = |lane: &Lane, at| spans.iter().any(|span| lane.has(span) && span.covers(at));
    let length = |every| i128::try_from(after(period.start, every).since(period.start).as_micros()).ok();
    let amount = length(lane.every).zip(length(own.every)).and_then(|(lane, own)| {
        let amount = amount.checked_mul(lane)?;
        amount.checked_div(own)
    });
    let pieces = bounds.windows(2).filter_map(|bounds| {
        let &[start, end] = bounds else { return None };
        let first = others.iter().find(|other| is_paid(other, start));
        (first == Some(&lane)).then_some(LaneDebit { period: Interval { start, end }, amount: amount? })
    });
    pieces.collect()
}

/// Notes given awards that are due no more because other awards give the credits of their time, as after an invoice of
/// the same cycle that arrived late. An award of returned time is not superseded.
fn superseded(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &Known<'_>,
    lanes: &[ValuedLane<'_>],
) {
    for id in billing.awards.keys().filter(|id| !due.awards.contains_key(id)) {
        let (item, start, asset, every) = match id {
            AwardId::Cycle { item, start, asset, every }
                if items.items.iter().any(|(known, _)| *known == item) =>
            {
                (Some(item), *start, asset, every)
            }
            AwardId::Rise { subscription, start, asset, every } if subscription == items.subscription => {
                (None, *start, asset, every)
            }
            _ => continue,
        };
        let of_lane = lanes.iter().filter(|of| (&of.lane.asset, &of.lane.every) == (asset, every));
        let mut valued = of_lane.flat_map(|of| &of.valued);
        let is_replaced = valued.any(|Valued { cycle, .. }| cycle.start <= start && start < cycle.whole_end);
        let is_returned = paid.placed.spans.iter().any(|span| {
            !span.is_live && span.period.contains(start) && item.is_none_or(|item| item == span.item)
        });
        if is_replaced && !is_returned {
            due.superseded.insert(id.clone());
        }
    }
}

/// Where a plan with another cycle length is paid from the instant on at which the old plan is credited, the credits of
/// the credited time stay in the old cycle's awards, up to the credits of the new cycle, which gives as much less.
fn carry_over(lanes: &mut [ValuedLane<'_>]) {
    for old in 0..lanes.len() {
        for new in 0..lanes.len() {
            let asset_of = |place: usize| lanes.get(place).map(|of| &of.lane.asset);
            if old == new || asset_of(old) != asset_of(new) {
                continue;
            }
            let credited = lanes.get(old).into_iter().flat_map(|of| of.valued.iter().enumerate());
            let credited: Vec<(usize, Vec<Timestamp>)> =
                credited.map(|(place, valued)| (place, valued.level.cuts.clone())).collect();
            for (place, cuts) in credited {
                for cut in cuts {
                    carry(lanes, Carried { from: (old, place), into: new, at: cut });
                }
            }
        }
    }
}

/// Credits of credited time, carried from a cycle (its lane and place) into the cycle of another lane that begins at an
/// instant.
#[derive(Clone, Copy)]
struct Carried {
    from: (usize, usize),
    into: usize,
    at: Timestamp,
}

fn carry(lanes: &mut [ValuedLane<'_>], Carried { from: (old, place), into, at }: Carried) {
    let new = lanes.get(into);
    let found = new.and_then(|of| of.valued.iter().position(|valued| valued.level.from == at));
    let Some(found) = found else { return };
    let valued = |lane: usize, place: usize| lanes.get(lane).and_then(|of| of.valued.get(place));
    let available = valued(old, place).map(|valued| subtract(valued.level.credited(), valued.stays));
    let room = valued(into, found).map(|valued| subtract(valued.level.total(), valued.elsewhere));
    let carried = least(available.unwrap_or(Fraction::ZERO), room.unwrap_or(Fraction::ZERO));
    if let Some(valued) = lanes.get_mut(old).and_then(|of| of.valued.get_mut(place)) {
        valued.stays = valued.stays.checked_add(carried).unwrap_or(valued.stays);
    }
    if let Some(valued) = lanes.get_mut(into).and_then(|of| of.valued.get_mut(found)) {
        valued.elsewhere = valued.elsewhere.checked_add(carried).unwrap_or(valued.elsewhere);
    }
}

/// The awards of a cycle: one for the base of each item, one for the rises.
fn awards(
    due: &mut Due,
    items: &SubscriptionItems<'_>,
    lane: &Lane,
    valued: &Valued<'_>,
    lifetime: &Lifetime<'_, '_>,
) {
    let Valued { cycle, level, stays, elsewhere } = valued;
    let (start, asset, every) = (cycle.start, lane.asset.clone(), lane.every);
    let Portions { bases, rises } = level.portions(*stays, *elsewhere);
    for (base, portion) in level.bases.iter().zip(bases) {
        let id = AwardId::Cycle { item: base.item.clone(), start, asset: asset.clone(), every };
        let at = (level.from, base.basis);
        let award = award(base.terms, at, portion, Category::SubscriptionCredits);
        let expires_at = lifetime.of(cycle, base.terms, base.paid_at);
        due.awards.insert(id, Wanted { expires_at, ..award });
        // A base of quantity 0 brings no bonus.
        if base.terms.signup_bonus > 0 && base.is_positive() {
            let terms = base.terms;
            let bonus = wanted(terms, level.from, terms.signup_bonus, Category::SubscriptionSignupBonus);
            due.awards.entry(AwardId::SignupBonus(terms.plan.clone())).or_insert(bonus);
        }
    }
    if let Some(risen) = &level.rise {
        let id = AwardId::Rise { subscription: items.subscription.clone(), start, asset, every };
        let at = (risen.at, risen.basis);
        let award = award(risen.terms, at, rises, Category::SubscriptionUpgrade);
        let expires_at = lifetime.of(cycle, risen.terms, risen.paid_at);
        due.awards.insert(id, Wanted { expires_at, ..award });
    }
}

fn award(
    terms: &PlanTerms,
    (at, (paid, currency)): (Timestamp, (i64, &str)),
    portion: Portion,
    category: Category,
) -> Wanted {
    let trims_to = match terms.unused {
        Unused::UpTo(most) => Some(most),
        _ => None,
    };
    let basis = Some(Basis { amount: paid, currency: currency.to_owned() });
    Wanted { credited: portion.credited, trims_to, basis, ..wanted(terms, at, portion.amount, category) }
}
