//! Export: every entry of every wallet in the order of the journal, as lines of JSON or as CSV.

use std::io::Write;

use serde::Serialize;

use crate::domain::explain::Explanation;
use crate::domain::fact::Record;
use crate::domain::ids::{FactNumber, Owner};
use crate::engine::ledger::Core;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::entry::Entry;

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// One JSON object a line, with everything that an entry has.
    JsonLines,
    /// One row an entry under a row of names, with what fits a table; metadata as JSON.
    Csv,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    owner: &'a Owner,
    #[serde(flatten)]
    entry: &'a Entry,
    explanation: Option<Explanation>,
}

/// Frames that are read from one state of the file.
const FRAMES_OF_A_STEP: usize = 1_024;

/// Writes every entry that is committed now; answers how many.
pub(crate) fn export(ledger: &Core, format: ExportFormat, mut writer: impl Write) -> Result<u64, Error> {
    match format {
        ExportFormat::JsonLines => {
            let written = each(ledger, |owner, entry| {
                serde_json::to_writer(&mut writer, &Line { owner, entry, explanation: entry.explanation() })
                    .map_err(failed)?;
                writer.write_all(b"\n").map_err(failed)
            })?;
            writer.flush().map_err(failed)?;
            Ok(written)
        }
        ExportFormat::Csv => {
            let mut rows = csv::Writer::from_writer(writer);
            rows.write_record(NAMES).map_err(failed)?;
            let written = each(ledger, |owner, entry| rows.write_record(row(owner, entry)).map_err(failed))?;
            rows.flush().map_err(failed)?;
            Ok(written)
        }
    }
}

/// Reads the journal in steps, so that no state of the file is kept for long.
fn each(
    ledger: &Core,
    mut write: impl FnMut(&Owner, &Entry) -> Result<(), LedgerError>,
) -> Result<u64, Error> {
    let (mut next, end) = (FactNumber::FIRST, ledger.news().next_fact());
    let mut written = 0_u64;
    while next < end {
        let mut journal = ledger.journal()?;
        for _ in 0..FRAMES_OF_A_STEP {
            if next >= end {
                break;
            }
            let frame = journal.frame(next)?;
            for (place, fact) in frame.1.facts.iter().enumerate() {
                if let (Record::Wallet(id), Some(entry)) = (&fact.record, Entry::of(ledger, &frame, place)) {
                    write(&id.owner, &entry)?;
                    written = written.saturating_add(1);
                }
            }
            next = frame.0.plus(frame.1.facts.len());
        }
    }
    Ok(written)
}

const NAMES: [&str; 20] = [
    "number",
    "recorded_at",
    "effective_at",
    "owner",
    "asset",
    "amount",
    "category",
    "balance_before",
    "balance_after",
    "operation",
    "price",
    "shortfall",
    "owed",
    "hold",
    "transfer",
    "counterparty",
    "reason",
    "expires_at",
    "key",
    "metadata",
];

fn row(owner: &Owner, entry: &Entry) -> [String; 20] {
    fn text(value: Option<&impl ToString>) -> String {
        value.map(ToString::to_string).unwrap_or_default()
    }
    [
        entry.number.to_string(),
        entry.recorded_at.to_string(),
        entry.effective_at.to_string(),
        owner.to_string(),
        entry.asset.clone(),
        entry.amount.to_string(),
        entry.category.to_string(),
        entry.balance_before.to_string(),
        entry.balance_after.to_string(),
        text(entry.operation.as_ref()),
        text(entry.price.as_ref()),
        entry.shortfall.to_string(),
        entry.owed.to_string(),
        text(entry.hold.as_ref()),
        text(entry.transfer.as_ref()),
        text(entry.counterparty.as_ref()),
        text(entry.reason.as_ref()),
        text(entry.expires_at.as_ref()),
        text(entry.key.as_ref()),
        entry.metadata.to_string(),
    ]
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::caused(LedgerErrorKind::Io, format!("cannot write the export: {error}"), error)
}
