//! Cycles: consecutive periods counted from an anchor, wherever time was paid. The plans of one asset and
//! cycle length form a lane of a subscription, and each lane has its own cycles.
//!
//! It does not know how much a cycle gives.

use std::time::Duration;

use minicbor::{Decode, Encode};

use super::calendar::Anchor;
use super::items::SubscriptionItems;
use super::paid::{Paid, Span};
use super::terms::{Length, PlanTerms};
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::time::Timestamp;

/// The plans of a subscription that share their cycles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Lane {
    /// Asset of the plans.
    #[n(0)]
    pub asset: Asset,
    /// Length of the cycles.
    #[n(1)]
    pub every: Length,
}

impl Lane {
    /// The lane of a span; `None` for a plan without credits and for an unknown price.
    pub fn of(span: &Span<'_>) -> Option<Self> {
        Self::of_terms(span.terms?)
    }

    /// The lane of a plan; `None` for one without credits.
    pub fn of_terms(terms: &PlanTerms) -> Option<Self> {
        Some(Self { asset: Asset::of(&terms.asset), every: terms.every? })
    }

    /// Whether a span is of this lane.
    pub fn has(&self, span: &Span<'_>) -> bool {
        span.terms
            .is_some_and(|terms| terms.every == Some(self.every) && Asset::of(&terms.asset) == self.asset)
    }
}

/// One fulfilment period of a lane.
#[derive(Clone, Debug)]
pub struct Cycle<'a> {
    /// Start of the cycle.
    pub start: Timestamp,
    /// End of the cycle: where it is cut, or else where its length ends.
    pub end: Timestamp,
    /// End of its length.
    pub whole_end: Timestamp,
    /// Length by which shares are measured: that of the whole period, even if the cycle starts within it.
    pub whole: Duration,
    /// Whether it starts where another cycle is cut.
    follows_a_cut: bool,
    /// Items whose whole period cuts it.
    cutters: Vec<&'a ObjectId>,
    /// Spans that earlier, cut cycles still count.
    blocked: Vec<Blocked<'a>>,
    grid: Grid,
}

impl<'a> Cycle<'a> {
    /// Whether another cycle starts inside it.
    pub fn is_cut(&self) -> bool {
        self.end < self.whole_end
    }

    /// The grid of the following cycles; `None` after a cut.
    pub fn goes_on(&self) -> Option<Grid> {
        (!self.is_cut()).then_some(self.grid)
    }

    /// Whether it starts inside another cycle, which it cuts.
    pub fn begins_at_a_cut(&self) -> bool {
        self.follows_a_cut
    }

    /// Whether an item's whole period cuts it, so that the item's earlier spans stay with it.
    pub fn is_cut_by(&self, item: &ObjectId) -> bool {
        self.cutters.contains(&item)
    }

    /// The instant from which a span counts in this cycle: its start, or later while an earlier, cut cycle
    /// counts it.
    pub fn counts_from(&self, span: &Span<'a>) -> Timestamp {
        let blocks = |blocked: &&Blocked<'_>| blocked.item == span.item && span.begun < blocked.cut;
        let until = self.blocked.iter().filter(blocks).map(|blocked| blocked.until).max();
        span.period.start.max(until.unwrap_or(Timestamp::MIN))
    }

    /// The end of the cycle that runs at an instant, counted from this cycle's anchor.
    pub fn end_running_at(&self, at: Timestamp) -> Timestamp {
        if at < self.end { self.end } else { self.grid.around(at).at(1) }
    }
}

/// The spans of an item from before its whole period cut a cycle. They count in the cut cycle, up to its
/// uncut end.
#[derive(Clone, Copy, Debug)]
struct Blocked<'a> {
    item: &'a ObjectId,
    cut: Timestamp,
    until: Timestamp,
}

/// The cycles of a lane.
#[derive(Clone, Debug, Default)]
pub struct Cycles<'a> {
    /// Cycles that have begun, in order.
    pub begun: Vec<Cycle<'a>>,
    /// The start of the next cycle that is already paid.
    pub next: Option<Timestamp>,
}

/// Returns the cycles of a lane that began by `now`. `placed` is all paid time, returned invoices included.
pub fn cycles<'a>(
    items: &SubscriptionItems<'a>,
    lane: &Lane,
    placed: &Paid<'a>,
    now: Timestamp,
) -> Cycles<'a> {
    // Spans of the application's own subscriptions end with the cycle that is kept, also if it began at the end.
    let ends_at = items.ends_at().filter(|_| !items.is_own()).unwrap_or(Timestamp::MAX);
    let mut cycles = Cycles::default();
    let closed = items.closed.map(|closed| (closed.until, closed.grids.get(lane).copied()));
    let mut cursor = closed.map_or(Timestamp::MIN, |(until, _)| until);
    let closed = closed.and_then(|(_, grid)| grid);
    let mut blocked: Vec<Blocked<'a>> = Vec::new();
    while let Some(instant) = placed.first_from(cursor, |span| lane.has(span)) {
        let start = instant.at;
        if start >= ends_at || cycles.begun.len() >= CYCLES_MAX {
            break;
        }
        if start > now {
            cycles.next = Some(cycles.next.map_or(start, |next| next.min(start)));
            break;
        }
        let running = cycles.begun.last().map_or(closed, Cycle::goes_on);
        let grid = grid(items, lane, placed, running, start);
        let (begin, whole_end) = (grid.at(0), grid.at(1));
        if whole_end <= start {
            break;
        }
        let cuts = cuts(lane, placed, (start, whole_end));
        let (past, coming): (Vec<_>, Vec<_>) = cuts.into_iter().partition(|(at, _)| *at <= now);
        cycles.next = coming.iter().map(|(at, _)| *at).chain(cycles.next).min();
        let end = past.iter().map(|(at, _)| *at).min().unwrap_or(whole_end);
        let cutters: Vec<_> =
            past.into_iter().filter(|(at, _)| *at == end).filter_map(|(_, item)| item).collect();
        blocked.retain(|blocked| blocked.until > start);
        cycles.begun.push(Cycle {
            start,
            end,
            whole_end,
            whole: whole_end.since(begin),
            follows_a_cut: cycles
                .begun
                .last()
                .is_some_and(|last: &Cycle<'_>| last.is_cut() && last.end == start),
            cutters: cutters.clone(),
            blocked: blocked.clone(),
            grid,
        });
        blocked.extend(cutters.into_iter().map(|item| Blocked { item, cut: end, until: whole_end }));
        cursor = end;
    }
    cycles
}

/// One microsecond, the resolution of timestamps.
const INSTANT: Duration = Duration::from_micros(1);
/// Maximum cycles of a lane: daily cycles for a hundred years.
const CYCLES_MAX: usize = 36_525;

/// The grid of the cycle that starts at an instant.
fn grid<'a>(
    items: &SubscriptionItems<'a>,
    lane: &Lane,
    placed: &Paid<'a>,
    running: Option<Grid>,
    start: Timestamp,
) -> Grid {
    let running = running.map(|running| running.around(start));
    if let Some(running) = running.filter(|running| running.at(0) == start) {
        return running;
    }
    let processor = Anchor::new(items.anchor_at(start).unwrap_or(start));
    let mut spans = placed.around(start, start.after(INSTANT)).iter();
    let begins_whole = spans.any(|span| lane.has(span) && span.is_whole && span.period.start == start);
    // A whole period starts a new cycle; a share lies within a cycle of the processor.
    let anchor = if begins_whole { processor.moved_to(start) } else { processor };
    Grid { anchor, times: 0, length: lane.every }.around(start)
}

/// The instants within a cycle at which whole periods start inside other periods, or after a gap. Each has
/// its item if the other period is of the same item.
fn cuts<'a>(
    lane: &Lane,
    placed: &Paid<'a>,
    (start, end): (Timestamp, Timestamp),
) -> Vec<(Timestamp, Option<&'a ObjectId>)> {
    let of_lane = || placed.around(start, end).iter().filter(|span| lane.has(span));
    let inside = of_lane().filter(|span| span.is_whole && span.period.start > start);
    let mut cuts = Vec::new();
    for new in inside {
        let at = new.period.start;
        let runs = |old: &&Span<'_>| old.period.start < at && at < old.period.end;
        if of_lane().filter(runs).any(|old| old.item == new.item) {
            cuts.push((at, Some(new.item)));
        } else if of_lane().filter(runs).any(|old| old.cut == at) || of_lane().all(|old| is_over(old, at)) {
            cuts.push((at, None));
        }
    }
    cuts
}

/// Whether a span starts at an instant or later, or its use ended before. If this holds for all spans, paid
/// time starts there after a gap.
fn is_over(span: &Span<'_>, at: Timestamp) -> bool {
    span.period.start >= at || span.used_until() < at
}

/// The start of the cycle around an instant, counted from an anchor.
pub fn start_around(anchor: Anchor, length: Length, instant: Timestamp) -> Timestamp {
    let long = anchor.plus(length, 1).since(anchor.at).as_micros().max(1);
    let times = instant.since(anchor.at).as_micros().checked_div(long).unwrap_or_default();
    // Months differ in length, so that the place is looked for around the estimate.
    Grid { anchor, times: i64::try_from(times).unwrap_or_default(), length }.around(instant).at(0)
}

/// A grid of cycles: lengths counted from an anchor, and a current place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grid {
    #[n(0)]
    anchor: Anchor,
    #[n(1)]
    times: i64,
    #[n(2)]
    length: Length,
}

impl Grid {
    /// The start of the cycle `more` lengths after this place.
    fn at(&self, more: i64) -> Timestamp {
        self.anchor.plus(self.length, self.times.saturating_add(more))
    }

    /// Moves the current place to the cycle that contains an instant.
    fn around(mut self, instant: Timestamp) -> Self {
        while self.at(0) > instant && self.at(0) > Timestamp::MIN {
            self.times = self.times.saturating_sub(1);
        }
        while self.at(1) <= instant && self.at(1) < Timestamp::MAX {
            self.times = self.times.saturating_add(1);
        }
        self
    }
}
