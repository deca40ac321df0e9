//! The parts of a request, read with problems that name what is wrong.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use credits_runtime::{Metadata, OperationCall};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::authorization::Caller;
use super::service::Settings;
use crate::ledger::{Ledger, Options};
use crate::refusal::Refusal;

/// The state of every route.
pub(super) type Shared = Arc<Settings>;

/// The owner that a request is about: of the path, or of an owner token.
pub(super) struct Subject(pub(super) String);

impl FromRequestParts<Shared> for Subject {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        if let Some(Caller::Owner(owner)) = parts.extensions.get() {
            return Ok(Self(owner.clone()));
        }
        #[derive(serde::Deserialize)]
        struct Of {
            owner: String,
        }
        let Path(Of { owner }) = Path::from_request_parts(parts, state).await?;
        Ok(Self(owner))
    }
}

/// Parts of the path.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        let Path(named) = Path::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

/// The query of the address.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        let Query(asked) = Query::from_request_parts(parts, state).await?;
        Ok(Self(asked))
    }
}

/// The JSON of the body.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await?;
        let Json(sent) = Json::from_bytes(&bytes)?;
        Ok(Self(sent))
    }
}

/// Who writes, and under which key.
pub(super) struct Writer {
    pub(super) by: String,
    pub(super) key: Option<String>,
}

impl FromRequestParts<Shared> for Writer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        let nobody = || Refusal::new(StatusCode::UNAUTHORIZED, "token_missing", "nobody was let in");
        let by = parts.extensions.get().map(Caller::by).ok_or_else(nobody)?;
        let mut keys = parts.headers.get_all("idempotency-key").iter();
        let key = keys.next().map(|value| {
            let invalid = || {
                let detail =
                    "the header `Idempotency-Key` is no UTF-8: send 1 to 255 bytes of printable text";
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "key_invalid", detail)
            };
            String::from_utf8(value.as_bytes().to_vec()).map_err(|_| invalid())
        });
        if keys.next().is_some() {
            let detail = "the header `Idempotency-Key` stands there twice: send it once";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "key_invalid", detail));
        }
        Ok(Self { by, key: key.transpose()? })
    }
}

impl Writer {
    /// The request's metadata with who writes, as `by`.
    pub(super) fn metadata(&self, given: Option<Map<String, Value>>) -> Result<Metadata, Refusal> {
        signed(&self.by, given)
    }

    /// The options of a write on an operation.
    pub(super) fn options(self, given: Option<Map<String, Value>>) -> Result<Options, Refusal> {
        Ok(Options { metadata: self.metadata(given)?, key: self.key })
    }
}

/// Metadata with who writes, as `by`.
pub(super) fn signed(by: &str, given: Option<Map<String, Value>>) -> Result<Metadata, Refusal> {
    let mut metadata = given.unwrap_or_default();
    if metadata.contains_key("by") {
        return Err(Refusal::invalid("metadata.by", "given", "leave it out, the API writes who asked there"));
    }
    metadata.insert("by".to_owned(), by.into());
    Ok(Metadata::from(Value::Object(metadata)))
}

/// A call of an operation, with members of the request that are no inputs taken out: `metadata` and those of `others`.
pub(super) fn take<T: DeserializeOwned>(
    call: &mut OperationCall,
    member: &str,
    rule: &str,
) -> Result<Option<T>, Refusal> {
    let Some(value) = call.inputs.remove(member) else { return Ok(None) };
    let text = value.to_string();
    serde_json::from_value(value).map(Some).map_err(|_| Refusal::invalid(member, &text, rule))
}

/// Reads the ledger on a thread that may block.
pub(super) async fn read<T: Send + 'static>(
    settings: &Settings,
    read: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let ledger = settings.ledger.clone();
    tokio::task::spawn_blocking(move || read(&ledger)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a read panicked");
        let detail = "the server failed, and the request was not at fault";
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
    })
}
