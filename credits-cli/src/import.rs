//! The import: fills a ledger from a database of the Ruby gems `usage_credits` (0.5, 1.0) and `wallets` (0.1), on SQLite
//! or PostgreSQL. `docs/MIGRATING.md` has the steps, and the rule for each column.
//!
//! ```no_run
//! # mod app { credits_runtime::usage_credits! { operation step { costs 1.credit } } }
//! # use app::*;
//! use credits_cli::import::{self, Execution, Options};
//! use credits_runtime::{Clock as _, SystemClock};
//!
//! # fn main() -> Result<(), credits_cli::import::ImportError> {
//! let mut options = Options::new("credits.redb", "postgres://localhost/app_production", SystemClock.now());
//! options.execution = Execution::DryRun;
//! let report = import::run::<Pricing>(&options)?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod args;
mod billing;
mod booking;
mod clock;
mod command;
mod compare;
mod correcting;
mod database;
mod declared;
mod error;
mod filling;
mod findings;
mod instant;
mod metadata;
mod opening_balances;
mod options;
mod owners;
mod replay;
mod report;
mod row;
mod run;
mod schema;
mod standing;
mod survey;
mod wallets;

pub use args::ImportArgs;
pub use clock::ImportClock;
pub(crate) use command::{Call, command};
pub use declared::{Declared, DeclaredPlan};
pub use error::ImportError;
pub use findings::{Finding, FindingCount, Rule};
pub use options::{BillingPart, Execution, Gem, Mode, Options};
pub use owners::OwnerNames;
pub use report::{AssetTotal, BillingReport, Difference, Report, Rows};
pub use run::{Opening, Place, Target, run, run_into};
pub use schema::Version;
