//! How much the writer lets lie before it tidies up.

use super::commit_log::LogSize;
use super::waiting::WaitingMax;
use crate::domain::limits::{AHEAD_COMMANDS, CHECKPOINT_FACTS, RECENT_KEYS_MAX};

/// How much the writer lets lie before it tidies up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Facts in which every row that lags is written once.
    pub(crate) pass_facts: usize,
    /// Keys that are kept in memory before they are sealed.
    pub(crate) recent_keys_max: usize,
    /// From how many commands on, in a batch and waiting, it is committed while the next is decided.
    pub(crate) ahead_commands: usize,
    /// How many billing events wait for their owners.
    pub(crate) waiting_max: WaitingMax,
    /// Bytes of published rows at which a checkpoint begins; by default a share of the ledger's memory.
    pub(crate) unwritten_bytes: Option<usize>,
    pub(crate) log_size: LogSize,
}

impl Pace {
    pub(crate) const USUAL: Self = Self {
        pass_facts: CHECKPOINT_FACTS,
        recent_keys_max: RECENT_KEYS_MAX,
        ahead_commands: AHEAD_COMMANDS,
        waiting_max: WaitingMax::USUAL,
        unwritten_bytes: None,
        log_size: LogSize::DEFAULT,
    };

    /// So little that a short session has all that a long one has.
    #[cfg(feature = "testing")]
    pub(crate) const HURRIED: Self = Self {
        pass_facts: 40,
        recent_keys_max: 8,
        ahead_commands: 1,
        waiting_max: WaitingMax::USUAL,
        unwritten_bytes: Some(1_024),
        log_size: LogSize::STRESS,
    };
}
