//! The command `import` of an application's command line: it reads the arguments, runs the import, shows its report, and ends
//! with an exit code.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use credits_runtime::generated::Pricing;
use credits_runtime::{Clock as _, Error, SystemClock};

use super::args::ImportArgs;
use super::error::ImportError;
use super::options::Execution;
use super::run;
use crate::exit::{Exit, Failure};
use crate::show::{complain, print};

/// The line behind `import`. The options for every command may stand here too.
#[derive(Debug, Parser)]
#[command(name = "import", about = "Fill a ledger from a database of the Ruby gems usage_credits or wallets")]
struct Line {
    #[command(flatten)]
    import: ImportArgs,
    /// The ledger's file
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Print no notes
    #[arg(long, short)]
    quiet: bool,
    #[arg(long, value_name = "ADDRESS", hide = true)]
    url: Option<String>,
}

/// A call of the command: what stands before its arguments, and these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) ledger: &'a Path,
    pub(crate) json: bool,
    pub(crate) has_url: bool,
    /// Whether the ledger is kept in a database.
    pub(crate) has_database: bool,
    pub(crate) arguments: &'a [OsString],
}

/// Runs the import. It is done if no balance differs.
pub(crate) fn command<C: Pricing>(call: Call<'_>) -> ExitCode {
    let line = [OsString::from("import")].into_iter().chain(call.arguments.iter().cloned());
    let exit = match Line::try_parse_from(line) {
        Ok(line) => imported::<C>(call, line).unwrap_or_else(|failure| {
            if !failure.message.is_empty() {
                complain(&format!("error: {}", failure.message));
            }
            failure.exit
        }),
        Err(error) => {
            // Nothing can be done if standard error is gone.
            _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    exit.into()
}

fn imported<C: Pricing>(call: Call<'_>, line: Line) -> Result<Exit, Failure> {
    if call.has_url || line.url.is_some() {
        return Err(Failure::usage(
            "an import writes the ledger's file: leave out `--url`, and name it with `--ledger`",
        ));
    }
    let (ledger, json) = (line.ledger.as_deref().unwrap_or(call.ledger), line.json || call.json);
    if call.has_database {
        return Err(Failure::usage("an import fills a file: name one with `--ledger`"));
    }
    let report = run::run::<C>(&line.import.options(ledger, SystemClock.now()))?;
    let text =
        if json { serde_json::to_string_pretty(&report).unwrap_or_default() } else { report.to_string() };
    print(&text)?;
    if report.is_equal() {
        return Ok(Exit::Done);
    }
    let state = match report.execution {
        Execution::DryRun => "the ledger is unchanged",
        Execution::Import => "the ledger was written",
    };
    Err(Failure::new(Exit::Refused, format!("{} balances differ, and {state}", report.differing)))
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let message = error.to_string();
        let exit = match error {
            ImportError::TwoGems | ImportError::TablePrefix { .. } | ImportError::OwnerTemplate { .. } => {
                Exit::Usage
            }
            ImportError::NotAGem { is_named: true, .. } => Exit::Usage,
            ImportError::Database { is_missing: true, .. } => Exit::NotFound,
            ImportError::Database { .. } => Exit::Unreachable,
            ImportError::Ledger(error) => Self::from(*error).exit,
            ImportError::Rejected { rejection, .. } => Self::from(Error::Rejected(*rejection)).exit,
            ImportError::File { path, source } => Self::file(Path::new(&path), &source).exit,
            _ => Exit::Refused,
        };
        Self::new(exit, message)
    }
}
