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

/// The problem of a request, and the failure of the ledger behind it.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Problem, Option<LedgerError>);

/// The failure of the ledger behind a response, for callers who may read it. It is not sent.
#[cfg_attr(not(feature = "api"), expect(dead_code, reason = "the API alone has callers who may read it"))]
#[derive(Clone, Debug)]
pub(crate) struct Failure(pub(crate) LedgerError);

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Problem::new(status.as_u16(), code, detail), None)
    }

    /// A parameter or field that cannot be read.
    pub(crate) fn invalid(field: &str, given: &str, rule: &str) -> Self {
        let given: String = given.chars().take(80).collect();
        let mut problem = Problem::new(422, "field_invalid", format!("`{field}` is `{given}`: {rule}"));
        problem.fields.insert("field".to_owned(), field.into());
        problem.into()
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
        let Self(problem, failure) = self;
        let mut response = problem.into_response();
        if is_retried {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        if let Some(error) = failure {
            response.extensions_mut().insert(Failure(error));
        }
        response
    }
}

macro_rules! refusals {
    ($($error:ty)*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self(error.into(), None)
            }
        }
    )*};
}

refusals! { CursorError FactNumberError InputError Problem Rejection }

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        Self(error.clone().into(), Some(error))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Ledger(error) => error.into(),
            error => Self(error.into(), None),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The codes of all rejections, which serde lists for one that it does not know.
    fn codes() -> Vec<String> {
        let unknown = serde_json::from_value::<Rejection>(json!({ "code": "" })).unwrap_err().to_string();
        let (_, list) = unknown.split_once("expected one of ").unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// A rejection with a value for each field that any rejection has.
    fn rejection(code: &str) -> Rejection {
        let mut fields = json!({
            "code": code, "command": "give", "owner": "ada", "key": "k", "rule": "is empty", "name": "n", "given": "5",
            "object": "o", "reason": "r", "category": "bonus", "asset": "gem", "operation": "draw", "quantity": "s",
            "message": "m", "from": "gems", "to": "credits", "held": "gems", "plan": "pro", "id": "main", "unit": "gems",
            "until": "2026-11-26T11:30:00Z", "expires_at": "2026-11-26T11:30:00Z", "now": "2026-11-26T11:30:00Z",
            "last": "2026-11-26T11:30:00Z", "ends_at": "2026-11-26T11:30:00Z", "starts_at": "2026-11-26T11:30:00Z",
            "closing": "settled", "remedy": "give_or_buy",
        });
        for number in [
            "fact",
            "bytes",
            "max",
            "levels",
            "amount",
            "limit",
            "seconds",
            "hold",
            "transfer",
            "entry",
            "left",
            "grant",
            "open",
            "subscriptions",
            "needed",
            "available",
            "missing",
            "balance",
        ] {
            fields[number] = json!(5);
        }
        serde_json::from_value(fields).unwrap_or_else(|error| panic!("{code}: {error}"))
    }

    #[test]
    fn every_rejection_keeps_its_status_and_code() {
        let codes = codes();
        assert!(codes.len() > 50, "{codes:?}");
        for code in codes {
            let rejection = rejection(&code);
            let (status, said) = (rejection.http_status(), rejection.to_string());
            let refusal = Refusal::from(Error::from(rejection));
            assert_eq!((refusal.0.status, &*refusal.0.code, &*refusal.0.detail), (status, &*code, &*said));
            assert!((400..=503).contains(&status) && status != 500, "{code}: {status}");
            let response = refusal.into_response();
            assert_eq!(response.status().as_u16(), status, "{code}");
            let is_retried = status == 503 || code == "in_progress";
            assert_eq!(response.headers().contains_key(RETRY_AFTER), is_retried, "{code}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }

    #[test]
    fn a_value_of_a_field_is_told_in_part() {
        let Refusal(problem, _) = Refusal::invalid("days", &"9".repeat(500), "ask for fewer");
        assert_eq!((problem.status, problem.fields.get("field")), (422, Some(&Value::from("days"))));
        assert_eq!(problem.detail, format!("`days` is `{}`: ask for fewer", "9".repeat(80)));
    }
}
