//! Credited time that no span paid for: where as much of a plan's time is credited as is paid, nothing is covered.
//!
//! It does not know why a credit found no span.

use std::collections::BTreeMap;

use super::Covering;
use crate::domain::billing::event::Interval;
use crate::domain::billing::paid::Paid;
use crate::domain::time::Timestamp;

/// The times of covers without the credited time of their plans.
pub(super) fn without_credited<'a>(times: Vec<Covering<'a>>, paid: &Paid<'_>) -> Vec<Covering<'a>> {
    if paid.debits.is_empty() {
        return times;
    }
    let mut of_plans: BTreeMap<&str, Vec<Interval>> = BTreeMap::new();
    let parts = times.into_iter().flat_map(|covering| {
        let credited = of_plans.entry(covering.plan).or_insert_with(|| credited(covering.plan, paid));
        parts(covering, credited)
    });
    parts.collect()
}

/// Changes of the paid and of the credited quantity at an instant.
#[derive(Clone, Copy, Default)]
struct Quantities {
    paid: i128,
    credited: i128,
}

/// Time in which the credited quantity of a plan is not less than the paid one.
fn credited(plan: &str, paid: &Paid<'_>) -> Vec<Interval> {
    let mut changes: BTreeMap<Timestamp, Quantities> = BTreeMap::new();
    let debits = paid.debits.iter().filter(|debit| debit.terms.is_some_and(|terms| terms.plan == plan));
    for debit in debits.filter(|debit| debit.period.start < debit.period.end) {
        for (at, sign) in [(debit.period.start, 1), (debit.period.end, -1)] {
            let change = changes.entry(at).or_default();
            change.credited = change.credited.saturating_add(i128::from(debit.quantity).saturating_mul(sign));
        }
    }
    let spans = paid.spans.iter().filter(|span| span.terms.is_some_and(|terms| terms.plan == plan));
    for span in spans.filter(|span| span.period.start < span.cut) {
        for (at, sign) in [(span.period.start, 1), (span.cut, -1)] {
            let change = changes.entry(at).or_default();
            change.paid = change.paid.saturating_add(i128::from(span.quantity).saturating_mul(sign));
        }
    }
    let (mut found, mut now, mut since) = (Vec::new(), Quantities::default(), None);
    for (at, change) in changes {
        now.paid = now.paid.saturating_add(change.paid);
        now.credited = now.credited.saturating_add(change.credited);
        let is_credited = now.credited > 0 && now.credited >= now.paid;
        match since {
            None if is_credited => since = Some(at),
            Some(start) if !is_credited => {
                found.push(Interval { start, end: at });
                since = None;
            }
            _ => {}
        }
    }
    found
}

/// The parts of a time that are not credited. Time of which a part was credited waits for no renewal.
fn parts<'a>(covering: Covering<'a>, credited: &[Interval]) -> Vec<Covering<'a>> {
    let Covering { time, paid_until, .. } = covering;
    let overlapping = credited.iter().filter(|credit| credit.start < time.end && time.start < credit.end);
    let (mut parts, mut start, mut end) = (Vec::new(), time.start, time.end);
    for credit in overlapping {
        parts.push(Interval { start, end: credit.start });
        (start, end) = (credit.end, time.end.min(paid_until));
    }
    parts.push(Interval { start, end });
    parts.into_iter().map(|time| Covering { time, ..covering }).collect()
}
