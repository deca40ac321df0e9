//! Options of an import.

use std::collections::BTreeMap;
use std::path::PathBuf;

use credits_runtime::Timestamp;
use serde::Serialize;

use super::owners::OwnerNames;

/// A Ruby gem whose tables are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gem {
    /// `usage_credits`, whose tables begin with `usage_credits_`.
    UsageCredits,
    /// `wallets`, whose tables begin with its `table_prefix`.
    Wallets,
}

/// What is carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every transaction, at its own time.
    #[default]
    History,
    /// What is left of each grant, at the time of the import.
    Balances,
}

impl Mode {
    /// The part of a key that says what a transaction's entry is: all of it, or what was left of it.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::History => "tx",
            Self::Balances => "open",
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::History => Self::Balances,
            Self::Balances => Self::History,
        }
    }
}

/// Whether the rows of the `pay` gem are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingPart {
    /// Customers are linked, subscriptions and packs are received, and their credits are marked as given before. Credits
    /// of a subscription are the ledger's from then on: the gem must not give any more.
    #[default]
    Carried,
    /// They are left out.
    Left,
}

/// Whether the ledger is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// The import runs on a copy of the ledger, which is removed.
    DryRun,
    /// The ledger is filled.
    #[default]
    Import,
}

/// Options of an import.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The ledger's file; created if it does not exist.
    pub ledger: PathBuf,
    /// The database: a SQLite file, `sqlite:<file>`, or a `postgres://` URL. A connection to another machine is
    /// encrypted, and the server's certificate verified, unless `sslmode` in the URL says otherwise.
    pub database: String,
    /// The gem, if the database has the tables of both.
    pub gem: Option<Gem>,
    /// The `table_prefix` of `wallets`; `wallets_` unless set.
    pub table_prefix: String,
    /// Names of owners.
    pub owners: OwnerNames,
    /// Asset codes of the gem with the names of assets in the ledger, where they differ.
    pub assets: BTreeMap<String, String>,
    /// Categories of the gem with those of the ledger, where they differ.
    pub categories: BTreeMap<String, String>,
    /// What is carried over.
    pub mode: Mode,
    /// Whether the rows of the `pay` gem are read.
    pub billing: BillingPart,
    /// Whether the ledger is written.
    pub execution: Execution,
    /// The time of the import.
    pub now: Timestamp,
}

impl Options {
    pub(super) const TABLE_PREFIX: &'static str = "wallets_";

    /// The options of an import of everything, with the owners `user:42`.
    pub fn new(ledger: impl Into<PathBuf>, database: impl Into<String>, now: Timestamp) -> Self {
        Self {
            ledger: ledger.into(),
            database: database.into(),
            gem: None,
            table_prefix: Self::TABLE_PREFIX.to_owned(),
            owners: OwnerNames::default(),
            assets: BTreeMap::new(),
            categories: BTreeMap::new(),
            mode: Mode::default(),
            billing: BillingPart::default(),
            execution: Execution::default(),
            now,
        }
    }
}
