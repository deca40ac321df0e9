//! Places of cycles: the anchors of paid time, and the cuts of running cycles.

use std::collections::BTreeSet;

use super::facts::{History, Seconds};
use super::spans::Span;

/// The place of a cycle in time.
#[derive(Clone, Debug)]
pub struct Place {
    pub start: Seconds,
    pub end: Seconds,
    /// Start of its time, at paid time or a moved anchor.
    pub from: Seconds,
    /// Cut by the next anchor.
    pub cut: Option<Cut>,
    /// The items whose whole period begins it by cutting another; none if no cut begins it.
    pub begun_by: Option<BTreeSet<String>>,
}

/// The end of a cycle before its time.
#[derive(Clone, Debug)]
pub struct Cut {
    pub at: Seconds,
    /// The items whose whole period cuts it; none if paid time goes on after a gap, and all do.
    pub by: Option<BTreeSet<String>>,
}

impl Cut {
    pub fn is_by(&self, item: &str) -> bool {
        self.by.as_ref().is_none_or(|items| items.contains(item))
    }
}

impl Place {
    /// End of the time that counts here.
    pub fn stop(&self) -> Seconds {
        self.cut.as_ref().map_or(self.end, |cut| cut.at)
    }
}

/// A move of the anchor.
#[derive(Clone, Debug)]
struct Move {
    at: Seconds,
    is_after_gap: bool,
}

/// "Cycles start at anchor + k periods, wherever time was ever paid."
pub fn of(history: &History, spans: &[Span]) -> Vec<Place> {
    let spans: Vec<&Span> = spans.iter().filter(|span| span.net_end() > span.start).collect();
    let moves = moves(&spans);
    let mut places: Vec<Place> = Vec::new();
    for (number, moved) in moves.iter().enumerate() {
        let until = moves.get(number + 1).map_or(Seconds::MAX, |next| next.at);
        let paid_to = paid_to(&spans, moved.at);
        let wholes = wholes_at(&spans, moved.at);
        let anchor = if wholes.is_empty() { stated_anchor(history, moved.at) } else { moved.at };
        let mut start = anchor + (moved.at - anchor).div_euclid(history.cycle) * history.cycle;
        let mut begun_by = (!moved.is_after_gap).then_some(wholes);
        if let Some(last) = places.last_mut() {
            if moved.is_after_gap && last.start == start {
                // The anchor has not moved, so the cycle goes on.
                start += history.cycle;
            } else if last.end > moved.at {
                last.cut = Some(Cut { at: moved.at, by: begun_by.clone() });
            }
        }
        while start < paid_to && start < until {
            let end = start + history.cycle;
            let from = start.max(moved.at);
            places.push(Place { start, end, from, cut: None, begun_by: begun_by.take() });
            start = end;
        }
    }
    places
}

/// "The anchor moves (1) where paid time begins after a gap, (2) where a whole period begins inside one of
/// the same item, or of one that is credited from there."
fn moves(spans: &[&Span]) -> Vec<Move> {
    let starts: BTreeSet<Seconds> = spans.iter().map(|span| span.start).collect();
    let moved = |at: Seconds| {
        let is_paid_before = spans.iter().any(|span| span.start < at && span.net_end() >= at);
        if !is_paid_before {
            return Some(Move { at, is_after_gap: true });
        }
        let items = wholes_at(spans, at);
        let earlier = || spans.iter().filter(|span| span.start < at);
        let is_inside = earlier().any(|span| at < span.net_end() && items.contains(&span.item));
        let is_credited = earlier().any(|span| span.credited.iter().any(|(start, _)| *start == at));
        (!items.is_empty() && (is_inside || is_credited)).then_some(Move { at, is_after_gap: false })
    };
    starts.into_iter().filter_map(moved).collect()
}

/// Items of which a whole period begins at an instant.
fn wholes_at(spans: &[&Span], at: Seconds) -> BTreeSet<String> {
    let wholes = spans.iter().filter(|span| span.is_whole && span.start == at);
    wholes.map(|span| span.item.clone()).collect()
}

/// End of the gapless paid time from an instant on.
fn paid_to(spans: &[&Span], from: Seconds) -> Seconds {
    let mut to = from;
    while let Some(span) = spans.iter().find(|span| span.start <= to && span.net_end() > to) {
        to = span.net_end();
    }
    to
}

/// The processor's anchor at an instant.
fn stated_anchor(history: &History, at: Seconds) -> Seconds {
    let stated = history.states.iter().filter(|state| state.at <= at);
    stated.max_by_key(|state| state.at).map_or(at, |state| state.anchor)
}
