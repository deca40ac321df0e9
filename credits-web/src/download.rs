//! Downloads that are as long as the ledger: its backup and the export of its entries.
//!
//! It does not know who may have them, nor how they are sent part by part.

use std::fs::File;
use std::io;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use credits_runtime::{Credits, ExportFormat};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::limits::RESULT_WAIT_MAX;
use crate::refusal::Refusal;
use crate::streamed::streamed;

/// The format of an export, as a query names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Jsonl,
    Csv,
}

/// Every entry of every wallet.
pub(crate) fn export(credits: Credits<()>, format: Format, permit: OwnedSemaphorePermit) -> Response {
    let (format, media, name) = match format {
        Format::Jsonl => (ExportFormat::JsonLines, "application/jsonl", "entries.jsonl"),
        Format::Csv => (ExportFormat::Csv, "text/csv; charset=utf-8", "entries.csv"),
    };
    let body = streamed(move |parts| {
        let exported = credits.export(format, &mut *parts).map(drop);
        drop(permit);
        exported
    });
    ([(CONTENT_TYPE, media.to_owned()), (CONTENT_DISPOSITION, attachment(name))], body).into_response()
}

/// A copy of the ledger in a folder that is removed with it.
struct Copy {
    file: File,
    bytes: u64,
    _folder: TempDir,
}

impl Copy {
    fn of(credits: &Credits<()>) -> Result<Self, Refusal> {
        // The folder is for this user alone.
        let folder = tempfile::tempdir().map_err(|error| no_room(&error))?;
        let path = folder.path().join("ledger.redb");
        credits.backup(&path)?;
        let file = File::open(&path).map_err(|error| no_room(&error))?;
        let bytes = file.metadata().map_err(|error| no_room(&error))?.len();
        Ok(Self { file, bytes, _folder: folder })
    }
}

/// A backup of the ledger. The copy of a large ledger takes longer than a request may: then the response begins before it
/// is made.
pub(crate) async fn backup(credits: Credits<()>, permit: OwnedSemaphorePermit) -> Result<Response, Refusal> {
    let name = format!("{}.redb", credits.ledger_id());
    let (made, copied) = oneshot::channel();
    let body = streamed(move |parts| {
        let copy = Copy::of(&credits);
        let (result, copy) = match copy {
            Ok(copy) => (Ok(copy.bytes), Some(copy)),
            Err(refusal) => (Err(refusal), None),
        };
        // After the wait nothing reads the result, and the download is cut off.
        drop(made.send(result));
        let mut copy = copy.ok_or_else(|| io::Error::other("the backup failed"))?;
        let sent = io::copy(&mut copy.file, parts).map(drop);
        drop(permit);
        sent
    });
    let headers =
        [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, attachment(&name))];
    match tokio::time::timeout(RESULT_WAIT_MAX, copied).await {
        Ok(Ok(Ok(bytes))) => Ok((headers, [(CONTENT_LENGTH, bytes.to_string())], body).into_response()),
        Ok(Ok(Err(refusal))) => Err(refusal),
        Ok(Err(_)) | Err(_) => Ok((headers, body).into_response()),
    }
}

fn no_room(error: &io::Error) -> Refusal {
    tracing::error!(%error, "the temporary file of a backup cannot be used");
    let detail =
        "the server has no room for a copy of the ledger: free space for temporary files and try again";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "backup_failed", detail)
}

fn attachment(name: &str) -> String {
    format!("attachment; filename=\"{name}\"")
}
