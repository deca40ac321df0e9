//! The parts of a request, read with problems that name what is wrong.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use credits_runtime::generated::JsonObject;
use credits_runtime::{Metadata, OperationCall, Wallet};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::authorization::Caller;
use super::service::Settings;
use crate::ledger::{Ledger, Options};
use crate::limits::LONG_REQUESTS_MAX;
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

/// The wallet that a write is for: of the [`Subject`], and of the asset that the query names.
pub(super) struct Account {
    pub(super) owner: String,
    pub(super) wallet: Wallet<()>,
}

/// The asset of a wallet.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfAsset {
    asset: Option<String>,
}

impl OfAsset {
    /// Its name; `credits` unless the query has another one.
    pub(super) fn name(self) -> String {
        self.asset.unwrap_or_else(|| "credits".to_owned())
    }
}

impl FromRequestParts<Shared> for Account {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        let Subject(owner) = Subject::from_request_parts(parts, state).await?;
        let Asked(asset): Asked<OfAsset> = Asked::from_request_parts(parts, state).await?;
        let wallet = state.ledger.credits.wallet(&owner).of_asset_named(&asset.name());
        Ok(Self { owner, wallet })
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

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
            let field = error.path().to_string();
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Refusal::unreadable(status, "query_invalid", &field, error.inner())
        })
    }
}

/// The JSON of the body, whatever its type is said to be: `curl -d` says that it is a form. An empty body is an object
/// without members.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        // Members are read by their names alone: a struct is read from a list too.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(no_object(text));
        }
        let mut json = serde_json::Deserializer::from_slice(text);
        let sent = serde_path_to_error::deserialize(&mut json).map_err(misread)?;
        let end = json.end();
        end.map_err(|error| Refusal::unreadable(StatusCode::BAD_REQUEST, "body_invalid", ".", error))?;
        Ok(Self(sent))
    }
}

/// A text that is no JSON, or JSON that is no object.
fn no_object(text: &[u8]) -> Refusal {
    let (status, problem) = match serde_json::from_slice::<IgnoredAny>(text) {
        Ok(_) => (StatusCode::UNPROCESSABLE_ENTITY, "the body is no object".to_owned()),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    };
    Refusal::unreadable(status, "body_invalid", ".", problem)
}

/// A text that is no JSON, or JSON of another shape.
fn misread(error: serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let is_json = error.inner().is_data();
    let status = if is_json { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
    let field = error.path().to_string();
    let field = if is_json { &field } else { "." };
    Refusal::unreadable(status, "body_invalid", field, error.inner())
}

/// Members of an object as a value.
pub(super) fn of_members<T: DeserializeOwned>(members: JsonObject) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(misread)
}

/// A number of the path: of a hold, a grant, a charge, a transfer.
pub(super) fn number(field: &str, text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(field, text, "name it by its number"))
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
    pub(super) fn metadata(&self, given: Option<JsonObject>) -> Result<Metadata, Refusal> {
        signed(&self.by, given)
    }

    /// The options of a write on an operation.
    pub(super) fn options(self, given: Option<JsonObject>) -> Result<Options, Refusal> {
        Ok(Options { metadata: self.metadata(given)?, key: self.key })
    }
}

/// A builder with the options of its request.
macro_rules! with_options {
    ($builder:expr, $options:expr) => {{
        let $crate::ledger::Options { key, metadata } = $options;
        let builder = $builder.metadata(metadata);
        match key {
            Some(key) => builder.key(key),
            None => builder,
        }
    }};
}
pub(super) use with_options;

/// Metadata with who writes, as `by`.
pub(super) fn signed(by: &str, given: Option<JsonObject>) -> Result<Metadata, Refusal> {
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

/// Reads the whole ledger, for as long as it takes, on a thread that may block. Only some requests may at one time: the
/// permit is held until the read ends, also if the client has gone.
pub(super) async fn read_at_length<T: Send + 'static>(
    settings: &Settings,
    work: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let permit = permit(settings)?;
    read(settings, move |ledger| {
        let result = work(ledger);
        drop(permit);
        result
    })
    .await
}

/// The permit of a request that reads the whole ledger.
pub(super) fn permit(settings: &Settings) -> Result<OwnedSemaphorePermit, Refusal> {
    Arc::clone(&settings.long_requests).try_acquire_owned().map_err(|_| {
        let detail = format!(
            "{LONG_REQUESTS_MAX} requests read the whole ledger at present, the most there may be: try again later"
        );
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    })
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
