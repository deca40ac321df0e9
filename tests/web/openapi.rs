//! The document of the API.

use std::fs;
use std::path::Path;

use axum::Router;
use credits_web::{Scope, Tokens};
use serde_json::Value;

use crate::demo::Credits;
use crate::site::Site;

fn document() -> Value {
    let credits = Credits::in_memory().unwrap();
    let tokens = Tokens::in_memory();
    let token = tokens.create("reader", &[Scope::App]).unwrap();
    let site = Site::of(Router::new().nest_service("/api", credits_web::api(&credits).tokens(tokens)));
    site.call("GET", "/api/openapi.json", &token, None, &Value::Null).value(200)
}

/// The document that clients are written against: a change is seen in review.
#[test]
fn the_document_is_the_one_that_is_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let written = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == written,
        "docs/openapi.json is another document: run with UPDATE_OPENAPI=1, and read the difference"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let mut references = 0;
    for reference in text.split(r##""$ref":"#"##).skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
        references += 1;
    }
    assert!(references > 100);
}

#[test]
fn the_operations_of_the_application_are_described_with_their_inputs() {
    let document = document();
    let calls = document["components"]["schemas"]["SpendCall"]["oneOf"].as_array().unwrap();
    let find =
        |name: &str| calls.iter().find(|call| call["properties"]["operation"]["const"] == name).unwrap();
    let image = find("generate_image");
    assert_eq!(image["properties"]["quality"]["enum"], serde_json::json!(["draft", "hd"]));
    assert_eq!(image["required"], serde_json::json!(["operation", "quality"]));
    let seconds = &find("generate_video")["properties"]["seconds"]["oneOf"];
    assert_eq!((&seconds[0]["maximum"], &seconds[1]["type"]), (&600.into(), &"string".into()));
    assert_eq!(calls.len(), 4);
}
