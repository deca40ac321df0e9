//! Random steps of the model's tests.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;

use super::naive::Scope;

pub(super) const OWNERS: [&str; 2] = ["ann", "bob"];
pub(super) const PAGES_MAX: i64 = 20;
/// A minute in microseconds.
pub(super) const MINUTE: i64 = 60_000_000;

/// A step with its owner and key.
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
        priority: u16,
        scope: Scope,
    },
    /// A correction, up or down.
    Adjust {
        amount: i64,
        with_debt: bool,
    },
    /// Revokes one of the owner's grants.
    Revoke(Index),
    /// A transfer to the other owner.
    Transfer {
        amount: i64,
        expiry: Expiry,
        promotional: bool,
    },
    Reverse(Index, Missing),
    /// Reverses a charge, or this much of it.
    ReverseCharge(Index, Option<i64>),
    Extend(Index, u32),
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
    /// Settles a hold at its amount, or at another one.
    Settle(Index, Option<i64>),
    Release(Index),
    /// Begins or ends a plan that has every operation unlimited.
    Cover(bool),
    /// Moves time to an instant at which something is due, plus this many microseconds.
    TimeToDue(Index, i64),
    TimePasses(u32),
    ClockBack(u32),
    Reopen,
}

/// Expiry of transferred credits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expiry {
    Kept,
    Never,
    After(u32),
}

/// How a reversal treats credits that are no longer free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Missing {
    Denied,
    Left,
    Owed,
}

/// Sequences of steps, with a length in this range.
pub(super) fn steps(count: Range<usize>) -> impl Strategy<Value = Vec<Asked>> {
    let reopen = asked(Just(Step::Reopen));
    proptest::collection::vec(prop_oneof![32 => asked(simple()), 8 => run(), 1 => reopen], count)
}

fn asked(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Asked> {
    (owner(), key(), step).prop_map(|(owner, key, step)| Asked { owner, key, step })
}

/// Work with other steps in its middle, among them the same work again and the end of its limit.
fn run() -> impl Strategy<Value = Asked> {
    let run = |works, during| Step::Run { pages: 2, works, during };
    (owner(), key(), any::<bool>()).prop_flat_map(move |(owner, key, works)| {
        let again = any::<bool>().prop_map(move |works| Asked { owner, key, step: run(works, Vec::new()) });
        let limit = asked(Just(Step::TimePasses(15)));
        let during =
            proptest::collection::vec(prop_oneof![2 => again, 1 => limit, 3 => asked(simple())], 0..6);
        during.prop_map(move |during| Asked { owner, key, step: run(works, during) })
    })
}

fn owner() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0_usize), 1 => Just(1)]
}

fn key() -> impl Strategy<Value = Option<u8>> {
    proptest::option::weighted(0.5, 0..5_u8)
}

/// Few distinct values, so that a key often meets the same command again.
fn pages() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(2_i64), 2 => 0..4_i64, 1 => -1..PAGES_MAX + 2]
}

fn simple() -> impl Strategy<Value = Step> {
    let minutes = 0..90_u32;
    let amount = prop_oneof![4 => Just(50_i64), 3 => 1..100_i64, 1 => -1..1_i64];
    let expiry = prop_oneof![3 => Just(None), 2 => Just(Some(30)), 3 => minutes.clone().prop_map(Some)];
    let priority = prop_oneof![5 => Just(50_u16), 1 => 49..=51_u16];
    let scope = prop_oneof![4 => Just(Scope::Anything), 1 => Just(Scope::Process), 1 => Just(Scope::Other)];
    let missing = prop_oneof![Just(Missing::Denied), Just(Missing::Left), Just(Missing::Owed)];
    let moved = prop_oneof![Just(Expiry::Kept), Just(Expiry::Never), minutes.clone().prop_map(Expiry::After)];
    prop_oneof![
        7 => (amount.clone(), expiry, any::<bool>(), priority, scope)
            .prop_map(|(amount, expires_in, promotional, priority, scope)| {
                Step::Give { amount, expires_in, promotional, priority, scope }
            }),
        2 => (-60..60_i64, any::<bool>()).prop_map(|(amount, with_debt)| Step::Adjust { amount, with_debt }),
        1 => any::<Index>().prop_map(Step::Revoke),
        3 => (amount.clone(), moved, any::<bool>())
            .prop_map(|(amount, expiry, promotional)| Step::Transfer { amount, expiry, promotional }),
        2 => (any::<Index>(), missing).prop_map(|(index, missing)| Step::Reverse(index, missing)),
        3 => (any::<Index>(), proptest::option::weighted(0.7, -1..20_i64))
            .prop_map(|(index, amount)| Step::ReverseCharge(index, amount)),
        1 => (any::<Index>(), 0..1_500_u32).prop_map(|(index, minutes)| Step::Extend(index, minutes)),
        4 => pages().prop_map(|pages| Step::Spend { pages }),
        4 => (pages(), minutes.clone()).prop_map(|(pages, limit)| Step::Hold { pages, limit }),
        1 => pages().prop_map(|pages| Step::Drop { pages }),
        1 => amount.prop_map(|amount| Step::Deduct { amount }),
        4 => (any::<Index>(), proptest::option::weighted(0.4, -1..40_i64))
            .prop_map(|(index, amount)| Step::Settle(index, amount)),
        3 => any::<Index>().prop_map(Step::Release),
        2 => any::<bool>().prop_map(Step::Cover),
        4 => (any::<Index>(), -1..=1_i64).prop_map(|(index, beside)| Step::TimeToDue(index, beside)),
        2 => minutes.clone().prop_map(Step::TimePasses),
        1 => minutes.prop_map(Step::ClockBack),
    ]
}
