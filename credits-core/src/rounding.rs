//! Rounding: the one place where a fraction of a credit becomes whole credits.
//!
//! It does not know what is rounded, and it is applied once, to an operation's exact total.

/// How an operation's exact total becomes whole credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Rounding {
    /// To the next whole credit above: 2.1 becomes 3.
    #[default]
    Ceil,
    /// To the next whole credit below: 2.9 becomes 2.
    Floor,
    /// To the nearest whole credit, half away from zero: 2.5 becomes 3.
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
