//! `export`: every entry of every wallet.

use std::io;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::backup::written;
use crate::exit::{Exit, Failure};
use crate::reach::{Access, Path, Request};
use crate::session::Session;
use crate::show::{bytes, unwritten};

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits export --csv > entries.csv\n  \
    credits export | jq 'select(.amount < 0)'\n  \
    credits export --to entries.jsonl")]
pub(crate) struct Export {
    /// Comma-separated values
    #[arg(long, conflicts_with = "jsonl")]
    csv: bool,
    /// One JSON object a line, which is what it prints unless --csv is given
    #[arg(long)]
    jsonl: bool,
    /// A new file; standard output unless given
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let format = if self.csv { "csv" } else { "jsonl" };
        let path = Path::of(["export"]).option("format", Some(format));
        let client = session.client(Access::Read)?;
        let response = client.stream(&Request::get(path).at_length())?;
        if let Some(to) = &self.to {
            let written = written(session, response, to)?;
            let value = json!({ "file": to, "bytes": written });
            return session
                .terminal
                .show(&value, || format!("{} has the entries, {}", to.display(), bytes(written)));
        }
        let mut body = response.body;
        let mut buffer = vec![0; 64 * 1_024];
        loop {
            let read = body.read(&mut buffer).map_err(|error| {
                Failure::new(Exit::Unreachable, format!("the export ended before its end: {error}"))
            })?;
            let part = buffer.get(..read).unwrap_or_default();
            if part.is_empty() {
                return Ok(());
            }
            io::Write::write_all(&mut io::stdout().lock(), part).map_err(|error| unwritten(&error))?;
        }
    }
}
