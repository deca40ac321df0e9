//! A naive model of the credits of one subscription, written from the rules and not from the ledger's code.
//!
//! Everything is recomputed from all facts: spans of paid time, the places of cycles, then the level at every
//! instant between two breakpoints, summed as exact fractions. Quoted sentences are rules. It covers plans of
//! one asset and one cycle length in seconds that are not given in advance. It knows no trials, ends, expiry,
//! spending or advances.

mod cycles;
mod facts;
mod places;
mod spans;

use std::collections::BTreeSet;

pub use facts::{History, Invoice, Line, Seconds, State};

use spans::Span;

/// Credits of a cycle, times seconds: exact amounts of level-time.
pub type CreditSeconds = i128;

/// Credits of all cycles that have begun.
pub fn given(history: &History) -> i64 {
    let (placed, _) = spans::of(history, spans::Counting::WithReturned);
    let (paying, debits) = spans::of(history, spans::Counting::Paid);
    let places = places::of(history, &placed);
    let begun = places.iter().filter(|place| place.from <= history.now).count();
    (0..begun).map(|number| cycles::given(&places, number, &paying, &debits)).sum()
}

/// Integral of the paid level until the end of the last cycle, with every span of an item counted, even if
/// spans overlap: an upper bound that knows no cycles. Divided by the cycle's length it is in credits.
pub fn paid_for(history: &History) -> CreditSeconds {
    let (placed, _) = spans::of(history, spans::Counting::WithReturned);
    let until = places::of(history, &placed).iter().map(|place| place.end).max().unwrap_or(history.now);
    let (paying, debits) = spans::of(history, spans::Counting::Paid);
    let mut points: BTreeSet<Seconds> = [until].into();
    points.extend(paying.iter().flat_map(Span::breakpoints));
    points.extend(debits.iter().flat_map(|debit| [debit.start, debit.end]));
    let points: Vec<Seconds> = points.into_iter().filter(|at| *at <= until).collect();
    let level = |at: Seconds| {
        let paid: i128 = paying.iter().map(|span| span.level(at)).sum();
        let owed: i128 = debits.iter().map(|debit| debit.level(at)).sum();
        (paid - owed).max(0)
    };
    points.windows(2).map(|pair| level(pair[0]) * i128::from(pair[1] - pair[0])).sum()
}
