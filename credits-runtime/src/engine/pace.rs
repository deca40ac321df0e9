//! How much the writer lets lie before it tidies up.

use crate::domain::limits::{CHECKPOINT_FACTS, RECENT_KEYS_MAX};

/// How much the writer lets lie before it tidies up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Facts in which every row that lags is written once.
    pub(crate) pass_facts: usize,
    /// Keys that are kept in memory before they are sealed.
    pub(crate) recent_keys_max: usize,
}

impl Pace {
    pub(crate) const USUAL: Self = Self { pass_facts: CHECKPOINT_FACTS, recent_keys_max: RECENT_KEYS_MAX };

    /// So little that a short session has all that a long one has.
    #[cfg(feature = "testing")]
    pub(crate) const HURRIED: Self = Self { pass_facts: 40, recent_keys_max: 8 };
}
