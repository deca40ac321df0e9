//! What a subscription comes to: the awards of each lane's cycles, and what goes over from one lane into another.

use std::collections::BTreeSet;

use credits_core::{Fraction, Upgrades};

use super::award::{AwardId, Basis};
use super::calendar::after;
use super::cycles::{Cycle, Lane, cycles};
use super::due::{Due, Fulfilment, Wanted, wanted};
use super::items::SubscriptionItems;
use super::levels::{LaneDebit, Level, Portion, Valuation, least, said, subtract};
use super::lifetime::Lifetime;
use super::paid::Paid;
use super::record::Billing;
use super::terms::{PlanTerms, Unused};
use crate::domain::category::Category;
use crate::domain::time::Timestamp;

/// What is known of a subscription's paid time.
pub struct Known<'a> {
    /// All that was ever paid: it decides where cycles lie.
    pub placed: Paid<'a>,
    /// What of it did not come back: it decides what cycles give.
    pub live: Paid<'a>,
}

impl<'a> Known<'a> {
    /// What invoices say of a subscription.
    pub fn of(billing: &'a Billing, items: &SubscriptionItems<'a>) -> Self {
        let placed = Paid::of(billing, items);
        let live = placed.live();
        Self { placed, live }
    }

    /// The lanes that it was ever paid in.
    pub fn lanes(&self) -> BTreeSet<Lane> {
        self.placed.spans.iter().filter_map(Lane::of).collect()
    }
}

/// A cycle with what it gives.
struct Valued<'a> {
    cycle: Cycle<'a>,
    level: Level<'a>,
    /// What of its credits stays because a cycle of another length gives as much less.
    stays: Fraction,
    /// What it gives less because it stayed in a cycle of another length.
    elsewhere: Fraction,
}

/// The awards of a subscription's cycles.
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
        let said = match fulfilment.upgrades {
            Upgrades::OnChange => said(billing, items, &lane, &paid.live),
            Upgrades::OnPayment => Vec::new(),
        };
        (lane, found.begun, said)
    });
    let found: Vec<_> = found.collect();
    let value = |lane, said, cycles: &[Cycle<'a>], others: &[LaneDebit]| {
        Valuation { billing, items, lane, live: &paid.live, said, now }.of_all(cycles, others)
    };
    let alone: Vec<_> = found.iter().map(|(lane, cycles, said)| value(lane, said, cycles, &[])).collect();
    let left = found.iter().zip(&alone);
    let left = left.flat_map(|((lane, ..), (_, left))| left.iter().map(move |debit| (lane, *debit)));
    let left: Vec<_> = left.collect();
    let mut lanes: Vec<(Lane, Vec<Cycle<'a>>, Vec<Valued<'a>>)> = Vec::new();
    for ((lane, cycles, said), (levels, _)) in found.iter().zip(alone) {
        let others = left.iter().filter_map(|(other, debit)| debit_of_another(paid, lane, other, *debit));
        let others: Vec<_> = others.collect();
        let levels = if others.is_empty() { levels } else { value(lane, said, cycles, &others).0 };
        let valued = levels.into_iter().filter_map(|(place, level)| {
            let (stays, elsewhere) = (Fraction::ZERO, Fraction::ZERO);
            Some(Valued { cycle: cycles.get(place)?.clone(), level, stays, elsewhere })
        });
        let valued: Vec<_> = valued.collect();
        for next in valued.iter().filter_map(|valued| valued.level.next) {
            due.is_due(next, now);
        }
        lanes.push((lane.clone(), cycles.clone(), valued));
    }
    carry_over(&mut lanes);
    for (lane, cycles, valued) in &lanes {
        let lifetime = Lifetime { billing, items, lane, live: &paid.live, cycles, fulfilment };
        for valued in valued {
            awards(due, items, lane, valued, &lifetime);
        }
    }
    superseded(due, billing, items, paid, &lanes);
}

/// What a debit that lowered nothing in its own lane lowers another one by: the first of the same asset that is paid at a
/// time of the debit. So many credits a time are the same credits of a cycle of either length.
fn debit_of_another(
    paid: &Known<'_>,
    lane: &Lane,
    own: &Lane,
    (period, amount): LaneDebit,
) -> Option<LaneDebit> {
    let is_paid = |lane: &Lane| {
        let mut spans = paid.live.around(period.start, period.end).iter();
        spans.any(|span| lane.has(span) && span.used_until() > period.start)
    };
    let lanes = paid.lanes();
    let mut others = lanes.iter().filter(|other| other.asset == own.asset && other.every != own.every);
    if others.find(|other| is_paid(other)) != Some(lane) {
        return None;
    }
    let length = |every| i128::try_from(after(period.start, every).since(period.start).as_micros()).ok();
    let amount = amount.checked_mul(length(lane.every)?)?.checked_div(length(own.every)?)?;
    Some((period, amount))
}

/// Notes awards that are due no more because what was heard of later gives their time by other awards: an invoice of the
/// same cycle that arrived late. What is returned supersedes nothing.
fn superseded(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &Known<'_>,
    lanes: &[(Lane, Vec<Cycle<'_>>, Vec<Valued<'_>>)],
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
        let of_lane = lanes.iter().filter(|(lane, ..)| (&lane.asset, &lane.every) == (asset, every));
        let mut valued = of_lane.flat_map(|(.., valued)| valued);
        let is_given_otherwise =
            valued.any(|Valued { cycle, .. }| cycle.start <= start && start < cycle.whole_end);
        let is_returned = paid.placed.spans.iter().any(|span| {
            !span.is_live && span.period.contains(start) && item.is_none_or(|item| item == span.item)
        });
        if is_given_otherwise && !is_returned {
            due.superseded.insert(id.clone());
        }
    }
}

/// Where a plan of another length is paid from the instant on at which the old one is credited, what is credited stays
/// where it is, up to what the new cycle gives, which gives as much less.
fn carry_over(lanes: &mut [(Lane, Vec<Cycle<'_>>, Vec<Valued<'_>>)]) {
    for old in 0..lanes.len() {
        for new in 0..lanes.len() {
            let Some((lane, other)) = lanes.get(old).map(|it| &it.0).zip(lanes.get(new).map(|it| &it.0))
            else {
                continue;
            };
            if old == new || lane.asset != other.asset {
                continue;
            }
            let credited = lanes.get(old).into_iter().flat_map(|(.., valued)| valued.iter().enumerate());
            let credited: Vec<(usize, Vec<Timestamp>)> =
                credited.map(|(place, valued)| (place, valued.level.cuts.clone())).collect();
            for (place, cuts) in credited {
                for begun in cuts {
                    let found = lanes
                        .get(new)
                        .and_then(|(.., valued)| valued.iter().position(|valued| valued.level.from == begun));
                    let Some(found) = found else { continue };
                    let available = lanes.get(old).and_then(|(.., valued)| {
                        valued.get(place).map(|valued| subtract(valued.level.credited(), valued.stays))
                    });
                    let room = lanes.get(new).and_then(|(.., valued)| {
                        valued.get(found).map(|valued| subtract(valued.level.total(), valued.elsewhere))
                    });
                    let carried = least(available.unwrap_or(Fraction::ZERO), room.unwrap_or(Fraction::ZERO));
                    if let Some(valued) = lanes.get_mut(old).and_then(|(.., valued)| valued.get_mut(place)) {
                        valued.stays = valued.stays.checked_add(carried).unwrap_or(valued.stays);
                    }
                    if let Some(valued) = lanes.get_mut(new).and_then(|(.., valued)| valued.get_mut(found)) {
                        valued.elsewhere = valued.elsewhere.checked_add(carried).unwrap_or(valued.elsewhere);
                    }
                }
            }
        }
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
    let (bases, rise) = level.portions(*stays, *elsewhere);
    for (base, portion) in level.bases.iter().zip(bases) {
        let id = AwardId::Cycle { item: base.item.clone(), start, asset: asset.clone(), every };
        let at = (level.from, base.basis);
        let award = award(base.terms, at, portion, Category::SubscriptionCredits);
        let expires_at = lifetime.of(cycle, base.terms, base.paid_at);
        due.awards.insert(id, Wanted { expires_at, ..award });
        // A base of quantity 0 is none.
        if base.terms.signup_bonus > 0 && base.is_positive() {
            let terms = base.terms;
            let bonus = wanted(terms, level.from, terms.signup_bonus, Category::SubscriptionSignupBonus);
            due.awards.entry(AwardId::SignupBonus(terms.plan.clone())).or_insert(bonus);
        }
    }
    if let Some(risen) = &level.rise {
        let id = AwardId::Rise { subscription: items.subscription.clone(), start, asset, every };
        let at = (risen.at, risen.basis);
        let award = award(risen.terms, at, rise, Category::SubscriptionUpgrade);
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
