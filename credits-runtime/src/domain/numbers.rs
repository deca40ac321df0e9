//! The numbers of facts that are booked one after another.

use super::ids::FactNumber;

/// The numbers of consecutive facts: the first one, and the distance between two.
///
/// The facts of a file have one sequence of numbers, whose distance is 1. Several sequences with one distance and
/// different remainders number the facts of one ledger without a common counter: no two facts get the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    first: FactNumber,
    distance: u64,
}

impl Numbers {
    /// Every number from the first possible one on.
    pub const START: Self = Self::from(FactNumber::FIRST);

    /// Every number from this one on.
    pub const fn from(first: FactNumber) -> Self {
        Self { first, distance: 1 }
    }

    /// Every `distance`-th number from this one on. A distance of 0 counts as 1.
    #[cfg(any(test, feature = "postgres"))]
    pub const fn every(distance: u64, first: FactNumber) -> Self {
        Self { first, distance: if distance == 0 { 1 } else { distance } }
    }

    /// The distance between two of them.
    #[cfg(feature = "postgres")]
    pub fn distance(self) -> u64 {
        self.distance
    }

    /// The first number.
    pub fn first(self) -> FactNumber {
        self.first
    }

    /// The number at a place, counted from 0.
    pub fn at(self, place: usize) -> FactNumber {
        let ahead = (place as u64).saturating_mul(self.distance);
        FactNumber(self.first.0.saturating_add(ahead))
    }

    /// The numbers after this many facts.
    pub fn after(self, facts: usize) -> Self {
        Self { first: self.at(facts), ..self }
    }

    /// The numbers of the sequence that are greater than this one, but no earlier ones than these.
    #[cfg(any(test, feature = "postgres"))]
    pub fn beyond(self, number: FactNumber) -> Self {
        match number.0.checked_sub(self.first.0) {
            None => self,
            Some(ahead) => {
                let steps = ahead.checked_div(self.distance).unwrap_or(0).saturating_add(1);
                let first = self.first.0.saturating_add(steps.saturating_mul(self.distance));
                Self { first: FactNumber(first), ..self }
            }
        }
    }

    /// The place of a number; `None` if it is not one of these.
    pub fn place(self, number: FactNumber) -> Option<usize> {
        let ahead = number.0.checked_sub(self.first.0).filter(|_| self.is_of_sequence(number))?;
        usize::try_from(ahead.checked_div(self.distance)?).ok()
    }

    /// Whether a number is of this sequence, here or before.
    pub fn is_of_sequence(self, number: FactNumber) -> bool {
        let remainder = |number: FactNumber| number.0.checked_rem(self.distance);
        remainder(number) == remainder(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_of_one_distance_share_no_number() {
        let one = Numbers::every(4, FactNumber(5));
        assert_eq!([0, 1, 2].map(|place| one.at(place).0), [5, 9, 13]);
        assert_eq!(one.place(FactNumber(13)), Some(2));
        assert_eq!([4, 6, 12].map(|number| one.place(FactNumber(number))), [None; 3]);
        assert_eq!(one.place(FactNumber(1)), None);
        assert!(one.is_of_sequence(FactNumber(1)));
        let other = Numbers::every(4, FactNumber(6));
        assert!((0..50).all(|place| one.place(other.at(place)).is_none()));
    }

    #[test]
    fn numbers_beyond_one_are_the_next_of_the_sequence() {
        let one = Numbers::every(4, FactNumber(5));
        for (number, first) in [(0, 5), (4, 5), (5, 9), (8, 9), (9, 13), (12, 13), (100, 101)] {
            assert_eq!(one.beyond(FactNumber(number)).first().0, first, "beyond {number}");
        }
        assert_eq!(Numbers::START.beyond(FactNumber(7)), Numbers::from(FactNumber(8)));
    }
}
