//! Downloads that are as long as the ledger: its backup and the export of its entries, sent part by part.
//!
//! A download whose source fails is cut off, so that a client does not take it for a whole one. It does not know who may
//! have it.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use credits_runtime::{Credits, ExportFormat};
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::limits::{CHUNK_BYTES, CHUNKS_MAX, RESULT_WAIT_MAX};
use crate::refusal::Refusal;

/// The format of an export, as a query names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Jsonl,
    Csv,
}

/// A response that is written on a thread that may block.
struct Parts {
    sender: Sender<Bytes, io::Error>,
    runtime: Handle,
    part: Vec<u8>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::take(&mut self.part);
        let sent = self.runtime.block_on(self.sender.send_data(part.into()));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone"))
    }
}

/// The body that a thread writes.
fn streamed<E: Display>(write: impl FnOnce(&mut Parts) -> Result<(), E> + Send + 'static) -> Body {
    let (sender, body) = Channel::new(CHUNKS_MAX);
    let mut parts = Parts { sender, runtime: Handle::current(), part: Vec::new() };
    // Nothing waits for the thread: the end of the body is its end.
    drop(tokio::task::spawn_blocking(move || {
        if let Err(error) = write(&mut parts) {
            tracing::error!(%error, "a download was cut off");
            parts.sender.abort(io::Error::other("the download was cut off"));
        }
    }));
    Body::new(body)
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
        io::copy(&mut copy.file, parts)?;
        drop(permit);
        parts.flush()
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
