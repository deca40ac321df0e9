//! Responses that are as long as the ledger: exports and backups.
//!
//! It does not know how they are sent part by part.

use std::fs::File;
use std::io;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use credits_runtime::ExportFormat;
use serde::Deserialize;
use tempfile::TempDir;

use super::request::{Asked, Shared, permit, read};
use crate::refusal::Refusal;
use crate::streamed::streamed;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Jsonl,
    Csv,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    format: Option<Format>,
}

/// Every entry of every wallet.
pub(super) async fn export(
    State(settings): State<Shared>,
    Asked(ExportQuery { format }): Asked<ExportQuery>,
) -> Result<Response, Refusal> {
    let (format, kind, name) = match format.unwrap_or(Format::Jsonl) {
        Format::Jsonl => (ExportFormat::JsonLines, "application/jsonl", "entries.jsonl"),
        Format::Csv => (ExportFormat::Csv, "text/csv; charset=utf-8", "entries.csv"),
    };
    let permit = permit(&settings)?;
    // A ledger that cannot be read is told before the response begins.
    read(&settings, |ledger| Ok(ledger.credits.head()?)).await?;
    let credits = settings.ledger.credits.clone();
    let body = streamed(move |parts| {
        let written = credits.export(format, &mut *parts).map(drop);
        drop(permit);
        written
    });
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, attachment(name))];
    Ok((headers, body).into_response())
}

/// A copy of the ledger in a folder that is removed with it.
struct Copy {
    file: File,
    bytes: u64,
    folder: TempDir,
}

/// A backup of the ledger.
pub(super) async fn backup(State(settings): State<Shared>) -> Result<Response, Refusal> {
    let permit = permit(&settings)?;
    let made = read(&settings, move |ledger| {
        let folder = tempfile::tempdir().map_err(|error| no_room(&error))?;
        let path = folder.path().join("ledger.redb");
        ledger.credits.backup(&path)?;
        let file = File::open(&path).map_err(|error| no_room(&error))?;
        let bytes = file.metadata().map_err(|error| no_room(&error))?.len();
        Ok((Copy { file, bytes, folder }, permit))
    });
    let (Copy { mut file, bytes, folder }, permit) = made.await?;
    let body = streamed(move |parts| {
        let copied = io::copy(&mut file, parts).map(drop);
        drop((file, folder, permit));
        copied
    });
    let name = format!("{}.redb", settings.ledger.credits.ledger_id());
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, bytes.to_string()),
        (CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, body).into_response())
}

fn no_room(error: &io::Error) -> Refusal {
    tracing::error!(%error, "the temporary file of a backup cannot be used");
    let detail = "the server has no room for a copy of the ledger at present: try again later";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "backup_failed", detail)
}

fn attachment(name: &str) -> String {
    format!("attachment; filename=\"{name}\"")
}
