//! Export: every entry of every wallet in the order of the journal, as lines of JSON or as CSV.

use std::io::Write;

use serde::Serialize;

use crate::domain::explanation::Explanation;
use crate::domain::fact::RecordId;
use crate::domain::ids::Owner;
use crate::engine::core::Core;
use crate::engine::journal_reader::JournalPosition;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::entry::Entry;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// One JSON object per line, with all fields of an entry and the explanation of a charge.
    JsonLines,
    /// A header, then one row per entry without allocations and explanation; metadata as JSON. A text that a spreadsheet
    /// would read as a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a line break, has an apostrophe in front
    /// of it.
    Csv,
}

/// One line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    owner: &'a Owner,
    #[serde(flatten)]
    entry: &'a Entry,
    explanation: Option<Explanation>,
}

/// Frames that are read from one snapshot.
const FRAMES_PER_SNAPSHOT: usize = 1_024;

/// Writes every entry that is committed now, and returns their number.
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

/// Reads the journal in steps with a snapshot each: a long-lived snapshot keeps freed space from being
/// reused.
fn each(
    ledger: &Core,
    mut write: impl FnMut(&Owner, &Entry) -> Result<(), LedgerError>,
) -> Result<u64, Error> {
    let (mut next, end, mut written) = (JournalPosition::START, ledger.end()?, 0_u64);
    loop {
        let mut journal = ledger.journal()?;
        for _ in 0..FRAMES_PER_SNAPSHOT {
            let Some((booked, after)) = journal.after(&next)?.filter(|_| !next.has_reached(&end)) else {
                return Ok(written);
            };
            for (number, fact) in booked.numbered() {
                if let (RecordId::Wallet(id), Some(entry)) =
                    (&fact.record, Entry::of(ledger, &booked, number))
                {
                    write(&id.owner, &entry)?;
                    written = written.saturating_add(1);
                }
            }
            next = after;
        }
    }
}

const NAMES: [&str; 22] = [
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
    "reverses",
    "transfer",
    "counterparty",
    "reason",
    "expires_at",
    "key",
    "metadata",
    "covered_by",
];

/// Columns whose text comes from the application.
const TEXTS: [&str; 7] = ["owner", "category", "operation", "counterparty", "reason", "key", "metadata"];

fn row(owner: &Owner, entry: &Entry) -> [String; 22] {
    fn text(value: Option<&impl ToString>) -> String {
        value.map(ToString::to_string).unwrap_or_default()
    }
    let mut row = [
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
        text(entry.reverses.as_ref()),
        text(entry.transfer.as_ref()),
        text(entry.counterparty.as_ref()),
        text(entry.reason.as_ref()),
        text(entry.expires_at.as_ref()),
        text(entry.key.as_ref()),
        entry.metadata.to_string(),
        text(entry.covered_by.as_ref().map(|by| &by.plan)),
    ];
    for (cell, name) in row.iter_mut().zip(NAMES) {
        if TEXTS.contains(&name) && cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
            cell.insert(0, '\'');
        }
    }
    row
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::caused(LedgerErrorKind::Io, format!("cannot write the export: {error}"), error)
}
