//! The command `import` of an application's command line: it reads the arguments, runs the import and shows its report.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use credits_runtime::generated::Pricing;
use credits_runtime::{Clock as _, SystemClock};

use super::args::ImportArgs;
use super::run;
use crate::exit::Exit;
use crate::show::{complain, print};

/// The line behind `import`.
#[derive(Debug, Parser)]
#[command(name = "import", about = "Fill a ledger from a database of the Ruby gems usage_credits or wallets")]
struct Line {
    #[command(flatten)]
    import: ImportArgs,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the import. It is done if no balance differs.
pub(crate) fn command<C: Pricing>(ledger: &Path, arguments: &[OsString]) -> ExitCode {
    let line = [OsString::from("import")].into_iter().chain(arguments.iter().cloned());
    let Line { import, json } = match Line::try_parse_from(line) {
        Ok(line) => line,
        Err(error) => {
            // Nothing can be done if standard error is gone.
            _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let report = match run::run::<C>(&import.options(ledger, SystemClock.now())) {
        Ok(report) => report,
        Err(error) => {
            complain(&format!("error: {error}"));
            return Exit::Refused.into();
        }
    };
    let text =
        if json { serde_json::to_string_pretty(&report).unwrap_or_default() } else { report.to_string() };
    if print(&text).is_err() {
        return Exit::Unreachable.into();
    }
    let exit = if report.is_equal() { Exit::Done } else { Exit::Refused };
    exit.into()
}
