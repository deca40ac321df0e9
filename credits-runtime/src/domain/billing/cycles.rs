//! Cycles: from an anchor on, one period after the other, wherever time was paid. They are counted for each lane of a
//! subscription: the plans of one asset and cycle length.

use std::time::Duration;

use minicbor::{Decode, Encode};

use super::calendar::Anchor;
use super::items::SubscriptionItems;
use super::paid::{Paid, Span};
use super::terms::Length;
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::time::Timestamp;

/// The plans of a subscription that share their cycles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Lane {
    /// What they give.
    #[n(0)]
    pub asset: Asset,
    /// How long their cycles are.
    #[n(1)]
    pub every: Length,
}

impl Lane {
    /// The lane of a span; `None` for a plan without credits and for an unknown price.
    pub fn of(span: &Span<'_>) -> Option<Self> {
        let terms = span.terms?;
        Some(Self { asset: Asset::of(&terms.asset), every: terms.every? })
    }

    /// Whether a span is of it.
    pub fn has(&self, span: &Span<'_>) -> bool {
        span.terms
            .is_some_and(|terms| terms.every == Some(self.every) && Asset::of(&terms.asset) == self.asset)
    }
}

/// One fulfilment period of a lane.
#[derive(Clone, Debug)]
pub struct Cycle<'a> {
    /// Where it starts.
    pub start: Timestamp,
    /// Where it ends: where it is cut, or where its length is over.
    pub end: Timestamp,
    /// Where its length is over.
    pub whole_end: Timestamp,
    /// Its length, which shares are measured by; a first cycle that starts later has the same.
    pub whole: Duration,
    /// Whether it begins where another is cut.
    follows_a_cut: bool,
    /// SubscriptionItems whose whole period cuts it.
    cutters: Vec<&'a ObjectId>,
    /// What cut cycles before it count themselves.
    blocked: Vec<Blocked<'a>>,
    grid: Grid,
}

impl<'a> Cycle<'a> {
    /// Whether another cycle begins inside it.
    pub fn is_cut(&self) -> bool {
        self.end < self.whole_end
    }

    /// From where cycles are counted after it; nowhere after a cut.
    pub fn goes_on(&self) -> Option<Grid> {
        (!self.is_cut()).then_some(self.grid)
    }

    /// Whether it begins inside another one, which it cuts.
    pub fn begins_at_a_cut(&self) -> bool {
        self.follows_a_cut
    }

    /// Whether an item's whole period cuts it, so that the item's earlier spans stay with it.
    pub fn is_cut_by(&self, item: &ObjectId) -> bool {
        self.cutters.contains(&item)
    }

    /// From when a span counts in it: one from before it not while the cycle that was cut before counts it.
    pub fn counts_from(&self, span: &Span<'a>) -> Timestamp {
        let blocks = |blocked: &&Blocked<'_>| blocked.item == span.item && span.period.start < blocked.cut;
        let until = self.blocked.iter().filter(blocks).map(|blocked| blocked.until).max();
        span.period.start.max(until.unwrap_or(Timestamp::MIN))
    }

    /// Where the length that runs at an instant ends, counted from its anchor.
    pub fn end_running_at(&self, at: Timestamp) -> Timestamp {
        if at < self.end { self.end } else { self.grid.around(at).at(1) }
    }
}

/// What an item had paid before its whole period cut a cycle: it counts there, to the end that the cycle would have had.
#[derive(Clone, Copy, Debug)]
struct Blocked<'a> {
    item: &'a ObjectId,
    cut: Timestamp,
    until: Timestamp,
}

/// The cycles of a lane.
#[derive(Clone, Debug, Default)]
pub struct Cycles<'a> {
    /// Those that began by now, in their order.
    pub begun: Vec<Cycle<'a>>,
    /// When the next one begins that is paid already.
    pub next: Option<Timestamp>,
}

/// The cycles that began by `now`: `placed` is everything that was ever paid, whatever came back of it.
pub fn cycles<'a>(
    items: &SubscriptionItems<'a>,
    lane: &Lane,
    placed: &Paid<'a>,
    now: Timestamp,
) -> Cycles<'a> {
    let ends_at = items.ends_at().unwrap_or(Timestamp::MAX);
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

/// The shortest time.
const INSTANT: Duration = Duration::from_micros(1);
/// How many cycles a lane may have: daily ones for a hundred years.
const CYCLES_MAX: usize = 36_525;

/// From where the cycle that starts at an instant is counted.
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
    // A whole period begins its own cycle; a share is of the processor's.
    let anchor = if begins_whole { processor.moved_to(start) } else { processor };
    Grid { anchor, times: 0, length: lane.every }.around(start)
}

/// Where whole periods begin inside others, or after a gap: each with the item whose period it is, if the other is the
/// item's too.
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

/// Whether a span does not reach an instant from before it: of all of them, paid time begins after a gap there.
fn is_over(span: &Span<'_>, at: Timestamp) -> bool {
    span.period.start >= at || span.used_until() < at
}

/// A place among the lengths that are counted from an anchor.
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
    /// This many lengths on.
    fn at(&self, more: i64) -> Timestamp {
        self.anchor.plus(self.length, self.times.saturating_add(more))
    }

    /// The place whose length has this instant in it.
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
