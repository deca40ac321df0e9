//! The credits of a cycle: its base and its rises, less those of credited time.

use std::collections::BTreeSet;

use super::facts::Seconds;
use super::places::Place;
use super::spans::{Debit, Span};

/// A span, limited to the part that counts in a cycle.
#[derive(Clone, Copy)]
struct Seen<'a> {
    span: &'a Span,
    from: Seconds,
    to: Seconds,
}

impl Seen<'_> {
    fn level(&self, at: Seconds) -> i128 {
        if self.from <= at && at < self.to { self.span.level(at) } else { 0 }
    }

    /// Whether time that it paid for is credited at an instant, or has gone over to the next cycle.
    fn is_gone_at(&self, at: Seconds) -> bool {
        let is_credited = self.from <= at && at < self.to && self.span.is_credited_at(at);
        is_credited || (self.to <= at && at < self.span.end)
    }

    fn breakpoints(&self) -> impl Iterator<Item = Seconds> {
        self.span.breakpoints().into_iter().chain([self.from, self.to])
    }
}

/// Credits of a cycle: floor(base + rises - credited time), rounded down once for the cycle, never below 0.
pub fn given(places: &[Place], number: usize, paying: &[Span], debits: &[Debit]) -> i64 {
    let cycle = Cycle::new(places, number, paying, debits);
    cycle.given()
}

struct Cycle<'a> {
    place: &'a Place,
    seen: Vec<Seen<'a>>,
    /// Spans that count in later cycles.
    later: Vec<Vec<Seen<'a>>>,
    debits: &'a [Debit],
}

impl<'a> Cycle<'a> {
    fn new(places: &'a [Place], number: usize, paying: &'a [Span], debits: &'a [Debit]) -> Self {
        let seen = |number: usize| paying.iter().filter_map(|span| seen(places, number, span)).collect();
        let later = (number + 1..places.len()).map(seen).collect();
        Self { place: &places[number], seen: seen(number), later, debits }
    }

    fn given(&self) -> i64 {
        let points = self.breakpoints();
        // "If the first paid instant is later, its share from there on."
        let Some(first) = points.iter().copied().find(|at| self.level(*at) > 0) else { return 0 };
        let bases = self.bases(first);
        let base = (bases.iter().map(|(_, level)| level).sum::<i128>() - self.debit(first)).max(0);
        let (mut rises, mut credited, mut ever) = (0, 0, 0);
        for pair in points.windows(2).filter(|pair| pair[0] >= first) {
            let (at, long) = (pair[0], i128::from(pair[1] - pair[0]));
            let level = self.level(at);
            rises += (level - base).max(0) * long;
            // "Where time is credited, as much goes."
            credited += (base - self.held(&bases, at).max(level)).max(0) * long;
            if self.seen.iter().any(|seen| seen.from <= at && at < seen.span.end) {
                ever += long;
            }
        }
        let whole = i128::from(self.place.end - self.place.start);
        let rest = i128::from(self.place.end - first);
        // base x rest / whole + rises / whole - credited x rest / (whole x ever): of a base that holds longer
        // than it was paid, "time credited takes its share of the time that was ever paid".
        let sum = base * rest * ever + rises * ever - credited * rest;
        i64::try_from(sum.div_euclid(whole * ever).max(0)).unwrap()
    }

    fn breakpoints(&self) -> Vec<Seconds> {
        let place = self.place;
        let mut points: BTreeSet<Seconds> = [place.from, place.stop(), place.end].into();
        points.extend(self.seen.iter().chain(self.later.iter().flatten()).flat_map(Seen::breakpoints));
        points.extend(self.debits.iter().flat_map(|debit| [debit.start, debit.end]));
        points.into_iter().filter(|at| (place.from..=place.end).contains(at)).collect()
    }

    fn items(&self) -> BTreeSet<&str> {
        self.seen.iter().map(|seen| seen.span.item.as_str()).collect()
    }

    /// "A subscription is paid for at the sum of its items"; debits are subtracted, "not below 0".
    fn level(&self, at: Seconds) -> i128 {
        (sum_of_items(&self.seen, at) - self.debit(at)).max(0)
    }

    /// Part of the debits that lowers this cycle, because the later ones cannot bear it at the instant.
    fn debit(&self, at: Seconds) -> i128 {
        let owed: i128 = self.debits.iter().map(|debit| debit.level(at)).sum();
        let taken: i128 = self.later.iter().map(|seen| sum_of_items(seen, at)).sum();
        (owed - taken).max(0)
    }

    /// "Paid at the cycle's start, the level holds for the whole cycle": by item, of those that begin it.
    /// Other items count in it only while they are paid for.
    fn bases(&self, first: Seconds) -> Vec<(&str, i128)> {
        let begins = |item: &&str| self.place.begun_by.as_ref().is_none_or(|items| items.contains(*item));
        let bases = self.items().into_iter().filter(begins);
        let bases = bases.map(|item| (item, item_level(&self.seen, item, first)));
        bases.filter(|(_, level)| *level > 0).collect()
    }

    /// The uncredited part of the bases at an instant.
    fn held(&self, bases: &[(&str, i128)], at: Seconds) -> i128 {
        let held = bases.iter().map(|(item, base)| {
            let is_gone = self.seen.iter().any(|seen| seen.span.item == *item && seen.is_gone_at(at));
            if is_gone { (*base).min(item_level(&self.seen, item, at)) } else { *base }
        });
        (held.sum::<i128>() - self.debit(at)).max(0)
    }
}

/// "At an instant an item is paid for at the highest of its spans there."
fn item_level(seen: &[Seen<'_>], item: &str, at: Seconds) -> i128 {
    let of_item = seen.iter().filter(|seen| seen.span.item == item);
    of_item.map(|seen| seen.level(at)).max().unwrap_or(0)
}

fn sum_of_items(seen: &[Seen<'_>], at: Seconds) -> i128 {
    let items: BTreeSet<&str> = seen.iter().map(|seen| seen.span.item.as_str()).collect();
    items.into_iter().map(|item| item_level(seen, item, at)).sum()
}

/// Limits within which a span counts in a cycle.
fn seen<'a>(places: &[Place], number: usize, span: &'a Span) -> Option<Seen<'a>> {
    let place = &places[number];
    // "What begins a cycle is not counted in the one it cuts."
    if span.start >= place.stop() {
        return None;
    }
    let mut from = span.start.max(place.from);
    // "Shares of a cut cycle are measured by the end it would have had": an item's own time up to there is
    // counted once.
    for earlier in &places[..number] {
        if let Some(cut) = &earlier.cut
            && span.start < cut.at
            && cut.is_by(&span.item)
        {
            from = from.max(earlier.end);
        }
    }
    // "What other items are paid for goes over: as credited in the old cycle, and as paid in the new one from
    // the cut on."
    let goes_over = place.cut.as_ref().is_some_and(|cut| !cut.is_by(&span.item));
    Some(Seen { span, from, to: if goes_over { place.stop() } else { place.end } })
}
