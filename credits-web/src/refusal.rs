//! Refusals: the problem that a request is answered with, whichever library found it.
//!
//! It does not know whether the problem is shown as JSON or as a page.

#[cfg(feature = "api")]
use std::fmt::Display;

use axum::extract::rejection::{BytesRejection, FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use credits_runtime::{
    CursorError, Error, FactNumberError, InputError, LedgerError, Problem, Rejection, TimestampError,
};

use crate::limits::{BODY_BYTES_MAX, RETRY_AFTER_SECONDS};

/// The problem of a request.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Problem);

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Problem::new(status.as_u16(), code, detail))
    }

    /// A parameter or field that cannot be read.
    pub(crate) fn invalid(field: &str, given: &str, rule: &str) -> Self {
        let given: String = given.chars().take(80).collect();
        let mut problem = Problem::new(422, "field_invalid", format!("`{field}` is `{given}`: {rule}"));
        problem.fields.insert("field".to_owned(), field.into());
        Self(problem)
    }

    /// A text whose members cannot be read, with the first of them by its path.
    #[cfg(feature = "api")]
    pub(crate) fn unreadable(status: StatusCode, code: &str, field: &str, problem: impl Display) -> Self {
        // The path of the text as a whole is a dot.
        let is_member = field != ".";
        let place = if is_member { format!("`{field}`: ") } else { String::new() };
        let detail = format!("{place}{problem}: send what openapi.json describes");
        let mut refusal = Self::new(status, code, detail);
        if is_member {
            refusal.0.fields.insert("field".to_owned(), field.into());
        }
        refusal
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let is_retried = self.0.status == 503 || self.0.code == "in_progress";
        let mut response = self.0.into_response();
        if is_retried {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}

macro_rules! refusals {
    ($($error:ty)*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self(error.into())
            }
        }
    )*};
}

refusals! { CursorError Error FactNumberError InputError LedgerError Problem Rejection }

impl From<TimestampError> for Refusal {
    fn from(error: TimestampError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "instant_invalid", error.to_string())
    }
}

/// Refusals of the framework's extractors. Their texts name field and value.
macro_rules! unreadable {
    ($($rejection:ty: $code:literal, $remedy:literal;)*) => {$(
        impl From<$rejection> for Refusal {
            fn from(rejection: $rejection) -> Self {
                if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                    let detail = format!("the body is over the limit of {BODY_BYTES_MAX} bytes: send less");
                    return Self::new(rejection.status(), "body_too_large", detail);
                }
                let detail = format!(concat!("{}: ", $remedy), rejection.body_text());
                Self::new(rejection.status(), $code, detail)
            }
        }
    )*};
}

unreadable! {
    BytesRejection: "body_unreadable", "send the whole body";
    FormRejection: "form_invalid", "send the form of the page";
    JsonRejection: "body_invalid", "send the JSON that openapi.json describes, as application/json";
    PathRejection: "path_invalid", "percent-encode the parts of the path";
    QueryRejection: "query_invalid", "correct the part of the query behind `?`";
}
