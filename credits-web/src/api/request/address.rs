//! The parts of a request's address: its path and its query.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Shared;
use crate::refusal::Refusal;

/// Parts of the path.
pub(in crate::api) struct Named<T>(pub(in crate::api) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        let Path(named) = Path::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

/// The query of the address.
pub(in crate::api) struct Asked<T>(pub(in crate::api) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
            let field = error.path().to_string();
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let given =
                pairs.find(|(name, _)| *name == field).map(|(_, value)| value.chars().take(80).collect());
            let given: String = given.unwrap_or_default();
            let problem = format!("`{given}`: {}", error.inner());
            Refusal::unreadable(StatusCode::UNPROCESSABLE_ENTITY, "query_invalid", &field, problem)
        })
    }
}

/// A number of the path: of a hold, a grant, a charge, a transfer.
pub(in crate::api) fn number(field: &str, text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(field, text, "name it by its number"))
}
