//! What is asked, as it is drawn.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;

pub(super) const OWNERS: [&str; 3] = ["ann", "bob", "eve"];
pub(super) const PAGES_MAX: i64 = 20;
/// In microseconds.
pub(super) const MINUTE: i64 = 60_000_000;

/// A step, by whom, under which key.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) owner: usize,
    pub(super) key: Option<u8>,
    pub(super) step: Step,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Give {
        amount: i64,
        expires_in: Option<u32>,
        promotional: bool,
    },
    Spend {
        pages: i64,
    },
    Hold {
        pages: i64,
        limit: u32,
    },
    /// A hold that is dropped at once.
    Drop {
        pages: i64,
    },
    Run {
        pages: i64,
        works: bool,
        during: Vec<Asked>,
    },
    Deduct {
        amount: i64,
    },
    Settle(Index),
    Release(Index),
    /// To an instant at which something is due, and this far beside it.
    TimeToDue(Index, i64),
    TimePasses(u32),
    ClockBack(u32),
    Reopen,
}

/// Sequences of this many steps.
pub(super) fn steps(count: Range<usize>) -> impl Strategy<Value = Vec<Asked>> {
    let run = (pages(), any::<bool>(), proptest::collection::vec(asked(simple()), 0..6));
    let run = run.prop_map(|(pages, works, during)| Step::Run { pages, works, during });
    let step = prop_oneof![32 => simple(), 4 => run, 1 => Just(Step::Reopen)];
    // Work within work: a second attempt while, or after, the first one has its time.
    proptest::collection::vec(asked(step), count)
}

fn asked(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Asked> {
    let key = proptest::option::weighted(0.4, 0..4_u8);
    (0..OWNERS.len(), key, step).prop_map(|(owner, key, step)| Asked { owner, key, step })
}

/// Few different ones, so that keys meet the same command again.
fn pages() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 1..4_i64, 1 => -1..PAGES_MAX + 2]
}

fn simple() -> impl Strategy<Value = Step> {
    let minutes = 0..90_u32;
    let amount = prop_oneof![Just(20_i64), -1..60_i64];
    let quick =
        (pages(), any::<bool>()).prop_map(|(pages, works)| Step::Run { pages, works, during: Vec::new() });
    prop_oneof![
        6 => (amount.clone(), proptest::option::of(minutes.clone()), any::<bool>())
            .prop_map(|(amount, expires_in, promotional)| Step::Give { amount, expires_in, promotional }),
        4 => pages().prop_map(|pages| Step::Spend { pages }),
        4 => (pages(), minutes.clone()).prop_map(|(pages, limit)| Step::Hold { pages, limit }),
        1 => pages().prop_map(|pages| Step::Drop { pages }),
        3 => quick,
        2 => amount.prop_map(|amount| Step::Deduct { amount }),
        4 => any::<Index>().prop_map(Step::Settle),
        3 => any::<Index>().prop_map(Step::Release),
        4 => (any::<Index>(), -1..=1_i64).prop_map(|(index, beside)| Step::TimeToDue(index, beside)),
        2 => minutes.clone().prop_map(Step::TimePasses),
        1 => minutes.prop_map(Step::ClockBack),
    ]
}
