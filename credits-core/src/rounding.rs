//! Rounding: converts a fraction of a credit to whole credits.
//!
//! It is applied once, to an operation's exact total, and does not know the operation.

/// The rounding policy of an operation's exact total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Rounding {
    /// Up to the next whole credit: 2.1 becomes 3.
    #[default]
    Ceil,
    /// Down to the next whole credit: 2.9 becomes 2.
    Floor,
    /// To the nearest whole credit, halves away from zero: 2.5 becomes 3.
    Round,
}

impl Rounding {
    /// Every policy, in the order in which messages list them.
    pub const ALL: &'static [Self] = &[Self::Ceil, Self::Floor, Self::Round];

    /// The word of the policy in `settings { rounding .. }`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ceil => "ceil",
            Self::Floor => "floor",
            Self::Round => "round",
        }
    }
}
