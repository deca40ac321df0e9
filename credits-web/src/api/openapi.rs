//! The document of the API, in the form of OpenAPI 3.1: the routes of the table, and the operations of the application.
//!
//! The schemas of everything else are written by hand in `schemas.json`. It does not know what routes do.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use credits_runtime::catalogue::{CatalogueData, InputData, InputValues, OperationData};
use serde_json::{Map, Value, json};

use super::authorization::For;
use super::catalogue::is_callable;
use super::chain::LINES;
use super::documented::{Content, Doc, of};
use super::request::Shared;
use super::routes::{Route, table};

/// The hand-written part: parameters and schemas.
const SCHEMAS: &str = include_str!("schemas.json");

const DESCRIPTION: &str = "Reads, charges and administers wallets. Errors are problems of RFC 9457 with a stable `code`. A write \
                           that is sent again under its `Idempotency-Key` is carried out once; its response then has the header \
                           `Idempotency-Replayed: true`.";

/// The document.
pub(super) async fn document(State(settings): State<Shared>) -> Json<Value> {
    Json(written(&settings.ledger.operations.catalogue()))
}

/// The document for the operations of a catalogue.
fn written(catalogue: &CatalogueData) -> Value {
    let mut paths = Map::new();
    for route in table() {
        let Some(doc) = of(route.method.as_str(), route.path) else { continue };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(doc.method.to_ascii_lowercase(), operation(&route, doc));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Usage credits", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION },
        // Beside the document, wherever the API is mounted.
        "servers": [{ "url": "." }],
        "paths": paths,
        "components": components(catalogue),
    })
}

fn components(catalogue: &CatalogueData) -> Value {
    let mut components: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    let calls =
        [("Call", "the price is asked for"), ("SpendCall", "it is charged"), ("HoldCall", "it is set aside")];
    for (name, what) in calls {
        let variants: Vec<Value> = catalogue
            .operations
            .iter()
            .filter(|operation| is_callable(operation))
            .map(|it| call(it, name))
            .collect();
        // A list of no alternatives is not valid.
        let schema = if variants.is_empty() { json!({ "not": {} }) } else { json!({ "oneOf": variants }) };
        let schema = with(schema, "description", json!(format!("An operation with its inputs; {what}.")));
        put(&mut components, "/schemas", name, schema);
    }
    let declared = catalogue.assets.iter().map(|asset| asset.name.as_str());
    let assets: Vec<&str> = std::iter::once("credits").chain(declared).collect();
    put(&mut components, "/parameters/asset", "schema", json!({ "enum": assets }));
    let document = json!({ "type": "object", "required": ["openapi", "info", "paths"] });
    put(&mut components, "/schemas", "Document", document);
    let event = json!({ "type": "object", "description": "An event as Stripe sends it." });
    put(&mut components, "/schemas", "Event", event);
    let bearer =
        |description: &str| json!({ "type": "http", "scheme": "bearer", "description": description });
    let schemes = json!({
        "token": bearer("A token of a program: `uc_..`."),
        "owner_token": bearer("A short-lived token of an owner's browser: `uo_..`."),
    });
    put(&mut components, "", "securitySchemes", schemes);
    components
}

/// Sets a member of the object at this JSON pointer.
fn put(value: &mut Value, at: &str, member: &str, new: Value) {
    if let Some(object) = value.pointer_mut(at).and_then(Value::as_object_mut) {
        object.insert(member.to_owned(), new);
    }
}

fn with(mut value: Value, member: &str, new: Value) -> Value {
    put(&mut value, "", member, new);
    value
}

/// A call of an operation of the application.
fn call(operation: &OperationData, body: &str) -> Value {
    let mut properties = Map::new();
    properties.insert("operation".to_owned(), json!({ "const": operation.name }));
    let mut required = vec!["operation"];
    for input in &operation.inputs {
        properties.insert(input.name.clone(), values(input));
        required.push(&input.name);
    }
    properties.insert("metadata".to_owned(), json!({ "$ref": "#/components/schemas/GivenMetadata" }));
    if body != "SpendCall" {
        let description = "The seconds until the hold lapses.";
        let seconds =
            json!({ "type": "integer", "minimum": 1, "maximum": 86_400, "description": description });
        properties.insert("limit_seconds".to_owned(), seconds);
    }
    if body == "HoldCall" {
        required.push("limit_seconds");
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The values that an input takes.
fn values(input: &InputData) -> Value {
    match &input.values {
        InputValues::Quantity { unit, max, .. } => {
            let mut integer = json!({ "type": "integer", "minimum": 0 });
            if let Some(max) = max {
                integer = with(integer, "maximum", json!(max));
            }
            let decimal = json!({ "type": "string", "pattern": "^[0-9]{1,9}(\\.[0-9]{1,6})?$" });
            json!({ "description": format!("In the unit `{unit}`: an integer, or a decimal in text."), "oneOf": [integer, decimal] })
        }
        InputValues::Choice { options, .. } => json!({ "enum": options }),
        InputValues::Parameter { ty, .. } => {
            json!({ "description": format!("A `{ty}` of the application, as JSON.") })
        }
        _ => json!({}),
    }
}

fn operation(route: &Route, doc: &Doc) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "operationId": id(doc),
        "security": security(route.callers),
        "parameters": parameters(doc),
        "responses": responses(route.callers, doc),
    });
    if let Some(body) = doc.body {
        let content = json!({ "application/json": { "schema": reference(body) } });
        put(&mut operation, "", "requestBody", json!({ "required": true, "content": content }));
    }
    operation
}

/// The id of an operation: `post_wallets_owner_spend`.
fn id(doc: &Doc) -> String {
    let words = doc.path.split(['/', '.', '{', '}']).filter(|word| !word.is_empty());
    words.fold(doc.method.to_ascii_lowercase(), |id, word| format!("{id}_{word}"))
}

fn security(callers: For) -> Value {
    match callers {
        For::Anyone => json!([]),
        For::Tokens(_) => json!([{ "token": [] }]),
        For::Owner => json!([{ "owner_token": [] }]),
        For::TokensAndOwners(_) => json!([{ "token": [] }, { "owner_token": [] }]),
    }
}

fn parameters(doc: &Doc) -> Vec<Value> {
    let in_path = doc.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let names = in_path.chain(doc.query.iter().copied());
    let key = (doc.body.is_some() && doc.status == 201).then_some("idempotency_key");
    names.chain(key).map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn responses(callers: For, doc: &Doc) -> Value {
    let mut responses = Map::new();
    let mut done = json!({ "description": "Done." });
    match doc.content {
        Content::Nothing => {}
        Content::Json(schema) => {
            let content = json!({ "application/json": { "schema": reference(schema) } });
            put(&mut done, "", "content", content);
        }
        Content::JsonOrLines(schema) => {
            let lines = json!({ "description": "Progress, and the result or a problem as the last line." });
            let content =
                json!({ "application/json": { "schema": reference(schema) }, LINES: { "schema": lines } });
            put(&mut done, "", "content", content);
        }
        Content::Of(types) => {
            let content: Map<String, Value> =
                types.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
            put(&mut done, "", "content", content.into());
        }
    }
    if doc.status == 201 && doc.body != Some("Sale") {
        let description = "Whether an earlier request under the same key did it.";
        let headers =
            json!({ "Idempotency-Replayed": { "description": description, "schema": { "const": "true" } } });
        put(&mut done, "", "headers", headers);
    }
    responses.insert(doc.status.to_string(), done);
    for status in problems(callers, doc) {
        let content = json!({ "application/problem+json": { "schema": reference("Problem") } });
        responses.insert(status.to_string(), json!({ "description": reason(status), "content": content }));
    }
    if doc.path == "/stripe" {
        for status in ["400", "500"] {
            let content = json!({ "text/plain; charset=utf-8": {} });
            responses.insert(
                status.to_owned(),
                json!({ "description": "Refused, or not now.", "content": content }),
            );
        }
    }
    responses.into()
}

/// The statuses of a route's problems.
fn problems(callers: For, doc: &Doc) -> BTreeSet<u16> {
    let mut problems: BTreeSet<u16> = doc.problems.iter().copied().collect();
    if callers == For::Anyone {
        return problems;
    }
    problems.extend([401, 500, 503]);
    if callers != For::Owner {
        problems.insert(403);
    }
    if doc.path.contains('{') {
        problems.extend([400, 422]);
    }
    if !doc.query.is_empty() {
        problems.insert(422);
    }
    if doc.body.is_some() {
        problems.extend([400, 413, 422]);
    }
    problems
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "The path or the body cannot be read.",
        401 => "The token is missing, unknown, revoked or expired.",
        402 => "The credits do not suffice, or the card was declined.",
        403 => "The token lacks the scope.",
        404 => "What is named does not exist.",
        409 => "It conflicts with the state, or with a request in progress.",
        413 => "The body or its metadata is too large.",
        422 => "A member or parameter breaks a rule, or the key belongs to another request.",
        500 => "The server failed.",
        502 => "The payment processor failed.",
        _ => "Not possible now: send the request again later.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::documented::DOCS;
    use super::*;

    #[test]
    fn every_route_is_documented_once() {
        let routes: Vec<_> = table().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        let docs: Vec<_> = DOCS.iter().map(|doc| format!("{} {}", doc.method, doc.path)).collect();
        assert_eq!(BTreeSet::from_iter(&routes), BTreeSet::from_iter(&docs));
        assert_eq!(routes.len(), docs.len());
    }
}
