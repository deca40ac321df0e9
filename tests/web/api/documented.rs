//! The document names every status that a test sees.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::site::Answer;

/// The routes of the document that is checked in: path, method, statuses.
pub fn paths() -> &'static Map<String, Value> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document =
        DOCUMENT.get_or_init(|| serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap());
    document["paths"].as_object().unwrap()
}

/// The route of a path such as `/wallets/ada?asset=gems`.
pub fn route(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap();
    let fits = |route: &&String| {
        let (mut parts, mut names) = (path.split('/'), route.split('/'));
        let fit =
            names.by_ref().all(|name| parts.next().is_some_and(|part| name.starts_with('{') || name == part));
        fit && parts.next().is_none()
    };
    paths().keys().find(fits).map(String::as_str)
}

/// An answer of a documented route has a documented status.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    let Some(operation) = route(path).and_then(|route| paths()[route].get(method.to_ascii_lowercase()))
    else {
        return;
    };
    let status = answer.status.as_str();
    assert!(
        operation["responses"].get(status).is_some(),
        "{method} {path}: {status} is not documented: {}",
        answer.body
    );
}
