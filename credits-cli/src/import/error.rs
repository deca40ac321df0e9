//! Errors of an import. Nothing was written, unless the error names a row or the ledger.

use credits_runtime::{Error, Rejection, Timestamp};

use super::findings::{Finding, FindingCount};
use super::options::Mode;

/// Why an import did not happen, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The database cannot be opened or read.
    #[error("cannot read the database, {action}: {source}")]
    Database {
        /// What was done.
        action: String,
        /// Whether it is a file that does not exist.
        is_missing: bool,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The tables are those of no known version of the gems.
    #[error("this is no database of `usage_credits` 0.5 or 1.0, or of `wallets` 0.1: {missing} is missing")]
    NotAGem {
        /// The missing tables or columns.
        missing: String,
        /// Whether the options name the gem or its tables.
        is_named: bool,
    },
    /// The database has the tables of both gems.
    #[error("the database has the tables of `usage_credits` and of `wallets`: say which with `--gem`")]
    TwoGems,
    /// A table prefix is no part of a name.
    #[error("`{prefix}` is no table prefix: write letters, digits and `_`")]
    TablePrefix {
        /// The given prefix.
        prefix: String,
    },
    /// A template of owners' names has no `{id}`, or another placeholder than `{type}`.
    #[error("`{template}` does not name owners: write `{{id}}`, and `{{type}}` before or after it")]
    OwnerTemplate {
        /// The given template.
        template: String,
    },
    /// The pricing lacks declarations.
    #[error(
        "the pricing does not declare everything that the database has: add to `usage_credits!`\n\n{snippet}"
    )]
    Undeclared {
        /// The declarations to paste.
        snippet: String,
    },
    /// Rows cannot be carried over.
    #[error("nothing was imported, because of rows that cannot be carried over:{}", list(.findings))]
    Refused {
        /// All findings, refused rows first.
        findings: Vec<FindingCount>,
    },
    /// The ledger has entries that are not of this database.
    #[error(
        "the ledger has entries that this import did not make: import the history into a new ledger, or opening balances \
         alone with `--balances-only`"
    )]
    LedgerInUse,
    /// The ledger has what an earlier import of this database carried over in the other mode.
    #[error(
        "the ledger has {} of this database, and {} would be booked on top of them: {}",
        .imported.in_words(), .imported.other().in_words(), .imported.remedy()
    )]
    ModeDiffers {
        /// What the earlier import carried over.
        imported: Mode,
    },
    /// The application has opened the ledger, so that the ledger's time is after the rows of a history.
    #[error(
        "the application has opened the ledger, whose time is {now}, and the first transaction is of {first}: import the \
         history into a new ledger before the application opens it, or opening balances alone with `--balances-only`"
    )]
    LedgerOpened {
        /// The ledger's time.
        now: Timestamp,
        /// The time of the first row.
        first: Timestamp,
    },
    /// The ledger rejected a row. The rows before it are imported; the next import goes on with this row.
    #[error("row {row} of `{owner}` is rejected: {rejection}")]
    Rejected {
        /// The table and id of the row.
        row: String,
        /// The owner.
        owner: String,
        /// The rule.
        rejection: Box<Rejection>,
    },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(Box<Error>),
    /// A file cannot be used.
    #[error("cannot use `{path}`: {source}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        Self::Ledger(Box::new(error))
    }
}

impl ImportError {
    pub(super) fn database(
        action: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Database { action: action.into(), is_missing: false, source: source.into() }
    }
}

impl Mode {
    fn in_words(self) -> &'static str {
        match self {
            Self::History => "the transactions",
            Self::Balances => "the opening balances",
        }
    }

    /// How an import goes on after one in this mode.
    fn remedy(self) -> &'static str {
        match self {
            Self::History => "leave out `--balances-only`",
            Self::Balances => "add `--balances-only`, or import the history into a new ledger",
        }
    }
}

fn list(findings: &[FindingCount]) -> String {
    let refused = findings.iter().filter(|count| count.finding.rule() == Finding::REFUSED);
    refused.fold(String::new(), |list, count| format!("{list}\n  {count}"))
}
