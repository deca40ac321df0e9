//! Who writes, and under which idempotency key.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use credits_runtime::Metadata;
use credits_runtime::generated::JsonObject;
use serde_json::Value;

use super::Shared;
use crate::api::authorization::Caller;
use crate::ledger::Options;
use crate::refusal::Refusal;

/// Who writes, and under which key.
pub(in crate::api) struct Writer {
    pub(in crate::api) by: String,
    pub(in crate::api) key: Option<String>,
}

impl FromRequestParts<Shared> for Writer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        let missing = || Refusal::new(StatusCode::UNAUTHORIZED, "token_missing", "the request has no caller");
        let by = parts.extensions.get().map(Caller::by).ok_or_else(missing)?;
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
    pub(in crate::api) fn metadata(&self, given: Option<JsonObject>) -> Result<Metadata, Refusal> {
        signed(&self.by, given)
    }

    /// The options of a write on an operation.
    pub(in crate::api) fn options(self, given: Option<JsonObject>) -> Result<Options, Refusal> {
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
pub(in crate::api) use with_options;

/// Metadata with who writes, as `by`.
fn signed(by: &str, given: Option<JsonObject>) -> Result<Metadata, Refusal> {
    let mut metadata = given.unwrap_or_default();
    if metadata.contains_key("by") {
        return Err(Refusal::invalid("metadata.by", "given", "leave it out, the API writes who asked there"));
    }
    metadata.insert("by".to_owned(), by.into());
    Ok(Metadata::from(Value::Object(metadata)))
}
