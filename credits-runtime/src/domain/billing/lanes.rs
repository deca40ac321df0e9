//! The awards of a subscription: those of each lane's cycles, and credits carried from one lane into another.
//!
//! It does not know how much a cycle gives, how long credits last, nor which awards were given.

use std::collections::BTreeSet;

use credits_core::{Fraction, Upgrades};

use super::award::{AwardId, Basis};
use super::cycles::{Cycle, Lane, cycles};
use super::due::{Due, Fulfilment, Wanted, wanted};
use super::items::SubscriptionItems;
use super::levels::{Level, Levels, PaidLevel, Portion, Portions, Valuation};
use super::lifetime::{Lifetime, PlanTimes};
use super::paid::{Paid, Span};
use super::record::Billing;
use super::stated::stated;
use super::sums::{add, fraction, least, micros, subtract};
use super::terms::{PlanTerms, Unused};
use crate::domain::category::Category;
use crate::domain::ids::Asset;
use crate::domain::time::Timestamp;

mod debt;

use debt::Debt;

/// The paid time of a subscription.
pub struct PaidTime<'a> {
    /// All paid time, returned invoices included; it decides where cycles lie.
    pub placed: Paid<'a>,
    /// Paid time without returned invoices; it decides how much cycles give.
    pub live: Paid<'a>,
}

impl<'a> PaidTime<'a> {
    /// Reads the paid time of a subscription from its invoices.
    pub fn of(billing: &'a Billing, items: &SubscriptionItems<'a>) -> Self {
        let placed = Paid::of(billing, items);
        let live = placed.live();
        Self { placed, live }
    }

    /// The lanes of all paid time, and of credited time without a span.
    pub fn lanes(&self) -> BTreeSet<Lane> {
        let debits = self.live.debits.iter().filter_map(|debit| Lane::of_terms(debit.terms?));
        self.placed.spans.iter().filter_map(Lane::of).chain(debits).collect()
    }
}

/// A lane before its cycles are valued.
struct FoundLane<'a> {
    lane: Lane,
    cycles: Vec<Cycle<'a>>,
    /// Unpaid spans by states of items, counted under `upgrades on_change`.
    stated: Vec<Span<'a>>,
}

/// A lane with the levels of its cycles.
struct ValuedLane<'a> {
    lane: Lane,
    cycles: Vec<Cycle<'a>>,
    /// Cycles that are paid at least in part.
    valued: Vec<Valued<'a>>,
}

/// A cycle with its level.
struct Valued<'a> {
    cycle: Cycle<'a>,
    level: Level<'a>,
    /// Credits of credited time that stay in its awards, because a cycle of another length gives that much
    /// less.
    stays: Fraction,
    /// Credits that it gives less, because they stay in a cycle of another length.
    elsewhere: Fraction,
}

/// Adds the awards of a subscription's cycles.
pub(super) fn due<'a>(
    due: &mut Due,
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    paid: &PaidTime<'a>,
    (plans, fulfilment): (&PlanTimes<'a>, Fulfilment),
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
        let lifetime = Lifetime { plans, items, lane, live: &paid.live, cycles, fulfilment };
        for valued in valued {
            awards(due, items, lane, valued, &lifetime);
        }
    }
    superseded(due, billing, items, paid, &lanes);
}

/// Values each lane by itself, then lowers the cycles by debits that other cycle lengths bear.
fn valued<'a>(
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    paid: &PaidTime<'a>,
    found: Vec<FoundLane<'a>>,
    now: Timestamp,
) -> Vec<ValuedLane<'a>> {
    let (mut lanes, mut owed) = (Vec::new(), Vec::new());
    for FoundLane { lane, cycles, stated } in found {
        let valuation = Valuation { billing, items, lane: &lane, live: &paid.live, stated: &stated, now };
        let Levels { levels, debits_left } = valuation.of_all(&cycles);
        owed.extend(debits_left.iter().map(|debit| (lane.asset.clone(), debt::owed(&lane, &cycles, debit))));
        let valued = levels.into_iter().filter_map(|(place, level)| {
            let (stays, elsewhere) = (Fraction::ZERO, Fraction::ZERO);
            Some(Valued { cycle: cycles.get(place)?.clone(), level, stays, elsewhere })
        });
        let valued = valued.collect();
        lanes.push(ValuedLane { lane, cycles, valued });
    }
    let assets: BTreeSet<Asset> = owed.iter().map(|(asset, _)| asset.clone()).collect();
    for asset in assets {
        let of_asset = owed.iter().filter(|(of, _)| *of == asset);
        let of_asset: Vec<_> = of_asset.flat_map(|(_, owed)| owed.iter().copied()).collect();
        let debt = Debt::of(&of_asset);
        lower(lanes.iter_mut().filter(|of| of.lane.asset == asset), debt);
    }
    lanes
}

/// Lowers the cycles of these lanes by a debt, in the order of their start; a later cycle bears the rest.
/// Consecutive cycles share one exact sum, so that rounding loses no debt.
fn lower<'a: 'b, 'b>(lanes: impl Iterator<Item = &'b mut ValuedLane<'a>>, mut debt: Debt) {
    let mut cycles: Vec<_> = lanes.flat_map(|of| &mut of.valued).collect();
    cycles.sort_by_key(|valued| valued.cycle.start);
    let (mut rest, mut reached) = (Fraction::ZERO, Timestamp::MIN);
    for Valued { cycle, level, .. } in cycles {
        let taken = level.paid.iter().fold(Fraction::ZERO, |sum, PaidLevel { period, amount }| {
            add(sum, debt.take(*period, fraction(*amount, micros(cycle.whole))))
        });
        if taken == Fraction::ZERO {
            continue;
        }
        if cycle.start > reached {
            rest = Fraction::ZERO;
        }
        reached = reached.max(cycle.whole_end);
        rest = level.lower(taken, rest);
    }
}

/// Notes given awards that are no longer due because other awards give the credits of their time, for example
/// after a late invoice of the same cycle. An award of returned time is not superseded.
fn superseded(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &PaidTime<'_>,
    lanes: &[ValuedLane<'_>],
) {
    let given = billing.period_awards(items).map(|(id, _)| id);
    for id in given.filter(|id| !due.awards.contains_key(id)).collect::<Vec<_>>() {
        let (item, start, asset, every) = match id {
            AwardId::Cycle { item, start, asset, every } => (Some(item), *start, asset, every),
            AwardId::Rise { start, asset, every, .. } => (None, *start, asset, every),
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

/// Carries credits between lanes. Where a plan with another cycle length is paid from the instant at which
/// the old plan is credited, the credits of the credited time stay in the old cycle's awards, up to the
/// credits of the new cycle, which gives that much less.
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

/// Credits of credited time, carried from a cycle (its lane and place) into the cycle of another lane that
/// starts at an instant.
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
        // A base of quantity 0 has no bonus.
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
