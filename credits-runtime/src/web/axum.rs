//! axum: calls of operations as arguments of handlers, and errors as responses. Feature `axum`.

use axum_core::extract::{FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::domain::rejection::Rejection;
use crate::error::{Error, LedgerError};
use crate::generated::InputError;
use crate::web::operation_call::OperationCall;
use crate::web::problem::Problem;

impl<S: Send + Sync> FromRequest<S> for OperationCall {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = String::from_request(request, state).await.map_err(|rejection| {
            let status = rejection.status();
            let detail = if status == StatusCode::PAYLOAD_TOO_LARGE {
                "the body is larger than the server allows: send less"
            } else {
                "the body cannot be read to its end as UTF-8: send `operation` and its inputs as JSON"
            };
            Problem::new(status.as_u16(), "body_unreadable", detail)
        })?;
        Self::from_slice(body.as_bytes())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        (status, [(CONTENT_TYPE, Self::CONTENT_TYPE)], body).into_response()
    }
}

/// The response of the problem that an error converts into.
macro_rules! problems {
    ($($error:ty)*) => {$(
        impl IntoResponse for $error {
            fn into_response(self) -> Response {
                Problem::from(self).into_response()
            }
        }
    )*};
}

problems! { Error InputError LedgerError Rejection }
