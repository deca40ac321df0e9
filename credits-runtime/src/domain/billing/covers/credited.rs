//! Credited time that no span paid for: where as much of a plan's time is credited as is paid, nothing is covered.
//!
//! It does not know why a credit found no span.

use super::Covering;
use crate::domain::billing::event::Interval;
use crate::domain::billing::paid::Paid;
use crate::domain::time::Timestamp;

/// The times of covers without the credited time of their plans.
pub(super) fn without_credited<'a>(times: Vec<Covering<'a>>, paid: &Paid<'_>) -> Vec<Covering<'a>> {
    if paid.debits.is_empty() {
        return times;
    }
    times.into_iter().flat_map(|covering| parts(covering, &credited(covering.plan, paid))).collect()
}

/// Time in which the credited quantity of a plan is not less than the paid one.
fn credited(plan: &str, paid: &Paid<'_>) -> Vec<Interval> {
    let debits = paid.debits.iter().filter(|debit| debit.terms.is_some_and(|terms| terms.plan == plan));
    let spans = paid.spans.iter().filter(|span| span.terms.is_some_and(|terms| terms.plan == plan));
    let (debits, spans): (Vec<_>, Vec<_>) = (debits.collect(), spans.collect());
    let of_debits = debits.iter().flat_map(|debit| [debit.period.start, debit.period.end]);
    let of_spans = spans.iter().flat_map(|span| [span.period.start, span.cut]);
    let mut bounds: Vec<Timestamp> = of_debits.chain(of_spans).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut found: Vec<Interval> = Vec::new();
    for (start, end) in bounds.iter().copied().zip(bounds.iter().copied().skip(1)) {
        let of_debits =
            debits.iter().filter(|debit| debit.period.contains(start)).map(|debit| debit.quantity);
        let of_spans = spans.iter().filter(|span| span.period.start <= start && start < span.cut);
        let credited = of_debits.fold(0_u64, u64::saturating_add);
        let paid = of_spans.map(|span| span.quantity).fold(0_u64, u64::saturating_add);
        if credited == 0 || credited < paid {
            continue;
        }
        match found.last_mut().filter(|last| last.end == start) {
            Some(last) => last.end = end,
            None => found.push(Interval { start, end }),
        }
    }
    found
}

/// The parts of a time that are not credited. What is left behind credited time of its end waits for no renewal.
fn parts<'a>(covering: Covering<'a>, credited: &[Interval]) -> Vec<Covering<'a>> {
    let (mut parts, mut start) = (Vec::new(), covering.time.start);
    for Interval { start: from, end } in credited {
        if *end <= start || covering.time.end <= *from {
            continue;
        }
        if start < *from {
            parts.push(Interval { start, end: *from });
        }
        start = *end;
    }
    parts.push(Interval { start, end: covering.time.end });
    parts.into_iter().map(|time| Covering { time, ..covering }).collect()
}
