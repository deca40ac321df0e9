//! The engines over which the suite runs: rules, vectors and the model have one result on all of them.

use credits_runtime::generated::Pricing;
use credits_runtime::{Credits, CreditsBuilder};

/// An engine that keeps a ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    /// redb and a commit log, in memory.
    File,
}

/// Every engine.
pub(crate) const ENGINES: [Engine; 1] = [Engine::File];

impl Engine {
    /// Opens an empty ledger.
    pub(crate) fn open<C: Pricing>(self, builder: CreditsBuilder<C>) -> Credits<C> {
        match self {
            Self::File => builder.in_memory().unwrap(),
        }
    }
}

/// Whether ledgers in memory are kept in a database, whose facts have other numbers than those of a file.
pub(crate) fn is_in_database() -> bool {
    std::env::var_os("CREDITS_TEST_MEMORY").is_some()
}
