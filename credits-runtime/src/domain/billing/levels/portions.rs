//! Portions: divides the exact sum of a cycle among its awards, in whole credits.
//!
//! It does not know how the sum was computed.

use credits_core::Fraction;

use super::Level;
use crate::domain::billing::sums::{add, floor, least, subtract, take_last, whole};

/// Whole credits of an award.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::domain::billing) struct Portion {
    pub(in crate::domain::billing) amount: i64,
    /// Reduction of the amount because time was credited.
    pub(in crate::domain::billing) credited: i64,
}

/// The portions of a cycle's awards.
pub(in crate::domain::billing) struct Portions {
    /// In the order of the level's bases.
    pub(in crate::domain::billing) bases: Vec<Portion>,
    pub(in crate::domain::billing) rises: Portion,
}

impl Level<'_> {
    /// Credits of the whole cycle: bases and rises, less those of credited time.
    pub(in crate::domain::billing) fn total(&self) -> Fraction {
        let given = self.bases.iter().fold(self.rises, |sum, base| add(sum, base.exact));
        subtract(given, add(self.credited, self.owed))
    }

    /// Lowers the cycle by a debit, rounding down together with the rest of the cycles before it; returns the
    /// new rest. The cycle gives no more than it would without the debit.
    pub(in crate::domain::billing) fn lower(&mut self, debit: Fraction, rest: Fraction) -> Fraction {
        let total = self.total();
        let exact = subtract(add(total, rest), debit);
        let given = least(floor(exact), floor(total));
        self.owed = subtract(total, given);
        subtract(exact, given)
    }

    /// Credits of the cycle's credited time.
    pub(in crate::domain::billing) fn credited(&self) -> Fraction {
        self.credited
    }

    /// The portions of the awards. Of the credits of credited time, `stays` remain in these awards;
    /// `elsewhere` remain in the awards of a cycle of another length, so that these give that much less.
    pub(in crate::domain::billing) fn portions(&self, stays: Fraction, elsewhere: Fraction) -> Portions {
        let exact: Vec<Fraction> = self.bases.iter().map(|base| base.exact).collect();
        let (gross_bases, elsewhere) = take_last(exact, elsewhere, |_| true);
        let gross_rises = subtract(self.rises, elsewhere);
        let rises_uncut = subtract(self.rises_uncut, elsewhere);
        let credited = add(subtract(self.credited, stays), self.owed);
        // Credited time is taken from the rises first, then from the bases of credited items, last begun
        // first, then from the others.
        let of_rises = least(credited, gross_rises);
        let rises = subtract(gross_rises, of_rises);
        let left = subtract(credited, of_rises);
        let (bases, left) = take_last(gross_bases.clone(), left, |place| {
            self.bases.get(place).is_some_and(|base| base.is_credited)
        });
        let (bases, _) = take_last(bases, left, |_| true);
        let before = whole(gross_bases.into_iter().chain([rises_uncut]));
        let after = whole(bases.into_iter().chain([rises]));
        let mut portions = before
            .into_iter()
            .zip(after)
            .map(|(before, after)| Portion { amount: after, credited: before.saturating_sub(after).max(0) });
        let bases = portions.by_ref().take(self.bases.len()).collect();
        Portions { bases, rises: portions.next().unwrap_or_default() }
    }
}
