//! Rises: a plan or a quantity that gives more, within a cycle. Each level is given once; what is paid back by a negative
//! proration before the end of the cycle is taken back.

use std::collections::BTreeSet;

use credits_core::Upgrades;

use super::award::AwardId;
use super::calendar::{after, share};
use super::cycles::Cycle;
use super::due::{Due, Wanted, wanted};
use super::event::Line;
use super::lifetime::Lifetime;
use super::paid::{Level, Paid};
use crate::domain::category::Category;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// A change within a cycle to another price or quantity, paid or, if that is enough, said.
struct Change<'a> {
    at: Timestamp,
    paid_at: Timestamp,
    level: Level<'a>,
    /// Whether it begins there, or ends.
    begins: bool,
}

/// What a cycle gives more since the plan or the quantity rose in it.
pub(super) fn rises(
    due: &mut Due,
    item: &ObjectId,
    cycle: &Cycle<'_>,
    paid: &Paid<'_>,
    lifetime: &Lifetime<'_>,
) {
    if cycle.first_paid.is_none() {
        return;
    }
    let changes = changes(cycle, paid, lifetime);
    let scaled = |level: &Level<'_>| scaled(level, cycle);
    // Levels that are still paid for at the end of the cycle.
    let mut open: Vec<(&ObjectId, u64, i64)> = Vec::new();
    for change in &changes {
        let named = (change.level.price, change.level.quantity);
        open.retain(|(price, quantity, _)| (*price, *quantity) != named);
        if change.begins {
            open.push((named.0, named.1, scaled(&change.level)));
        }
    }
    let honoured = open.iter().map(|(.., level)| *level).max().unwrap_or(i64::MIN);
    let (mut covered, mut full) = (scaled(&cycle.level), BTreeSet::new());
    full.extend(cycle.level.terms.map(|terms| terms.plan.clone()));
    for change in changes.iter().filter(|change| change.begins) {
        let (level, Some(terms)) = (scaled(&change.level), change.level.terms) else { continue };
        if level <= covered
            || terms.asset != cycle.level.terms.map_or(&terms.asset, |base| &base.asset).as_str()
        {
            continue;
        }
        let left = cycle.interval.end.since(change.at);
        let amount = if terms.is_rise_full && full.insert(terms.plan.clone()) {
            level
        } else {
            share(level.saturating_sub(covered), left, cycle.whole)
        };
        covered = level;
        if level > honoured || amount == 0 {
            continue;
        }
        let (price, quantity) = (change.level.price.clone(), change.level.quantity);
        let id = AwardId::Rise { item: item.clone(), start: cycle.interval.start, price, quantity };
        due.awards.entry(id).or_insert(Wanted {
            expires_at: lifetime.of(cycle, terms, change.paid_at),
            ..wanted(terms, change.at, amount, Category::SubscriptionUpgrade)
        });
    }
}

fn changes<'a>(cycle: &Cycle<'_>, paid: &Paid<'a>, lifetime: &Lifetime<'a>) -> Vec<Change<'a>> {
    let begins = |line: &Line| line.amount > 0;
    let paid = paid.changes(cycle.interval).map(|paid| Change {
        at: paid.line.period.start,
        paid_at: paid.paid_at,
        level: lifetime.billing.level_of(paid.line),
        begins: begins(paid.line),
    });
    let mut changes: Vec<_> = paid.collect();
    if lifetime.fulfilment.upgrades == Upgrades::OnChange {
        let states = lifetime.subscription.states.iter();
        let within = states.filter(|(at, _)| *at > cycle.interval.start && *at < cycle.interval.end);
        changes.extend(within.map(|(at, state)| Change {
            at: *at,
            paid_at: *at,
            level: Level {
                price: &state.price,
                terms: lifetime.billing.terms(&state.price, *at),
                quantity: state.quantity,
            },
            begins: true,
        }));
    }
    // What ends there goes first: what it makes room for begins.
    changes.sort_by_key(|change| (change.at, change.begins));
    changes
}

/// What a level gives in a cycle, if its own are of another length.
pub(super) fn scaled(level: &Level<'_>, cycle: &Cycle<'_>) -> i64 {
    let every = level.terms.and_then(|terms| terms.every);
    let Some(every) = every.filter(|_| level.terms.and_then(|terms| terms.every) != cycle.length()) else {
        return level.amount();
    };
    let own = after(cycle.interval.start, every).since(cycle.interval.start);
    let (amount, part, whole) = (i128::from(level.amount()), cycle.whole.as_micros(), own.as_micros());
    let product = i128::try_from(part).ok().and_then(|part| amount.checked_mul(part));
    let scaled = product.and_then(|product| product.checked_div(i128::try_from(whole).ok()?));
    scaled.and_then(|scaled| i64::try_from(scaled).ok()).unwrap_or(i64::MAX)
}
