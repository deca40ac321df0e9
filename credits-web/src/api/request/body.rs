//! The body of a request: JSON, read with problems that name the member that is wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use credits_runtime::OperationCall;
use credits_runtime::generated::JsonObject;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::Shared;
use crate::refusal::Refusal;

/// The JSON of the body, whatever its type is said to be: `curl -d` says that it is a form. An empty body is an object
/// without members.
pub(in crate::api) struct Sent<T>(pub(in crate::api) T);

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
        let sent = serde_path_to_error::deserialize(&mut json).map_err(|error| misread(&error))?;
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
fn misread(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let is_json = error.inner().is_data();
    let status = if is_json { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
    let field = error.path().to_string();
    let field = if is_json { &field } else { "." };
    Refusal::unreadable(status, "body_invalid", field, error.inner())
}

/// Members of an object as a value.
pub(in crate::api) fn of_members<T: DeserializeOwned>(members: JsonObject) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| misread(&error))
}

/// A call of an operation, with a member that is no input taken out, such as `metadata`.
pub(in crate::api) fn take<T: DeserializeOwned>(
    call: &mut OperationCall,
    member: &str,
    rule: &str,
) -> Result<Option<T>, Refusal> {
    let Some(value) = call.inputs.remove(member) else { return Ok(None) };
    let text = value.to_string();
    serde_json::from_value(value).map(Some).map_err(|_| Refusal::invalid(member, &text, rule))
}
