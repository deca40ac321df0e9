//! Full rises: under `on_upgrade full` a rise gives the plan's whole amount, however little of the cycle is
//! left, once per plan.
//!
//! It does not know the other rises, nor the credited time of bases.

use credits_core::Fraction;

use super::{Level, Seen};
use crate::domain::billing::sums::{add, micros_between};
use crate::domain::time::Timestamp;

/// The full rises of a cycle, and their plans.
#[derive(Default)]
pub(super) struct Full<'a> {
    plans: Vec<&'a str>,
    rises: Vec<FullRise>,
}

struct FullRise {
    /// Credits of the whole rise.
    amount: i128,
    /// Its part of the level above the base, in credits per cycle.
    raised: i128,
    at: Timestamp,
    cut: Timestamp,
    end: Timestamp,
}

impl<'a> Full<'a> {
    /// Adds the plans that start at an instant and raise the level. `net` is the level above the base there,
    /// in credits per cycle.
    pub(super) fn begins(&mut self, level: &Level<'a>, seen: &[Seen<'a>], at: Timestamp, net: i128) {
        for seen in seen.iter().filter(|seen| seen.from == at && at > level.from && seen.terms.is_rise_full) {
            let plan = seen.terms.plan.as_str();
            let is_base = level.bases.iter().any(|base| base.terms.plan == plan);
            let raised = net.saturating_sub(self.raised_at(at));
            if raised > 0 && !is_base && !self.plans.contains(&plan) {
                self.plans.push(plan);
                let Seen { amount, cut, end, .. } = *seen;
                self.rises.push(FullRise { amount, raised, at, cut, end });
            }
        }
    }

    /// The part of the level at an instant that full rises give, in credits per cycle.
    pub(super) fn raised_at(&self, at: Timestamp) -> i128 {
        let running =
            self.rises.iter().filter(|rise| rise.at <= at && (at < rise.cut || rise.cut == rise.end));
        running.map(|rise| rise.raised).fold(0, i128::saturating_add)
    }

    /// Credits of all full rises in a cycle that ends at `to`: each whole amount less its share of credited
    /// time.
    pub(super) fn given(&self, to: Timestamp) -> Fraction {
        self.rises.iter().fold(Fraction::ZERO, |sum, FullRise { amount, at, cut, end, .. }| {
            let all = micros_between(*at, to).max(1);
            let credited = micros_between(*cut, (*end).min(to));
            let share = Fraction::new(all.saturating_sub(credited).max(0), all);
            let given = share.and_then(|share| share.checked_mul(Fraction::whole(*amount)));
            add(sum, given.unwrap_or(Fraction::whole(*amount)))
        })
    }
}
