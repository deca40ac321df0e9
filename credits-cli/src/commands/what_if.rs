//! `what-if`: the ledger's real charges under another price list.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path as FilePath, PathBuf};

use clap::Args;
use credits_runtime::catalogue::CatalogueData;
use credits_runtime::{Owner, Timestamp, WhatIfReport};
use serde_json::json;

use super::instant::instant;
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, counted, figure, list};

/// Owners that the text names; the JSON has all of the report.
const OWNERS_SHOWN: usize = 10;

/// The arguments of `what-if`.
#[derive(Debug, Args)]
#[command(
    after_help = "The file is what `prices --json` prints, of another version of the application or edited by hand.\n\n\
    Examples:\n  \
    credits what-if next.json\n  \
    credits what-if next.json --since 2026-10-01 --json"
)]
pub(crate) struct WhatIf {
    /// The other price list, as JSON
    file: PathBuf,
    /// Charges from this instant on; all unless given
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    since: Option<Timestamp>,
}

/// The price list in a file.
pub(super) fn terms(file: &FilePath) -> Result<CatalogueData, Failure> {
    let opened = File::open(file).map_err(|error| Failure::file(file, &error))?;
    serde_json::from_reader(BufReader::new(opened)).map_err(|error| {
        let path = file.display();
        Failure::usage(format!("`{path}` is no price list ({error}): give the output of `prices --json`"))
    })
}

impl WhatIf {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let body = json!({ "terms": terms(&self.file)?, "since": self.since });
        let request = Request::post(Path::of(["what_if"]), body).at_length();
        session.show(&request, shown)
    }
}

fn shown(report: &WhatIfReport, terminal: Terminal) -> String {
    let mut table =
        Table::new(&["OPERATION", "ASSET", ">CHARGES", ">CHARGED", ">WOULD BE", ">DEARER", ">CHEAPER"]);
    for operation in &report.operations {
        table.row([
            operation.operation.clone(),
            operation.asset.clone(),
            figure(operation.charges),
            figure(operation.charged),
            figure(operation.would_be),
            figure(operation.dearer),
            figure(operation.cheaper),
        ]);
    }
    let mut paragraphs = vec![table.shown(terminal.width, "no charges to compare")];
    if report.not_comparable > 0 {
        paragraphs
            .push(format!("{} cannot be compared", counted(report.not_comparable, "charge", "charges")));
    }
    if report.short_count > 0 {
        let names: Vec<String> = report.short.iter().take(OWNERS_SHOWN).map(Owner::to_string).collect();
        let owners = counted(report.short_count, "owner", "owners");
        paragraphs.push(format!("{owners} could not have paid, such as {}", list(&names)));
    }
    paragraphs.join("\n\n")
}
