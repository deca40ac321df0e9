//! Writes of administrators: a form, a page that shows before and after, and the owner's page with the new entry.
//!
//! Every form has an idempotency key of its own, so that a double click, a reload or the back button writes once. It does
//! not know the pages that the forms are on.

mod amount;
mod form;
mod key;
mod order;
mod refund;
mod second_look;
mod write;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use credits_runtime::Problem;
use maud::{Markup, html};

use self::order::Order;
use self::write::{Done, write};
use super::visit::{Sent, Visit};
use crate::limits::RETRY_AFTER_SECONDS;
use crate::refusal::Refusal;

pub(super) use self::form::{Fields, Form};
pub(super) use self::refund::is_refundable;
pub(super) use self::second_look::parts;

/// Receives a form.
pub(super) async fn send(visit: Visit, Path(name): Path<String>, Sent(fields): Sent<Fields>) -> Response {
    let Some(form) = Form::named(&name) else {
        let detail = "there is no such form: begin with the page of an owner";
        return visit.refused(Refusal::new(StatusCode::NOT_FOUND, "form_unknown", detail));
    };
    let answer = match form {
        Form::Refund => refund::asked(&visit, fields.clone()).await,
        form => asked(&visit, form, &fields).await,
    };
    match answer {
        Ok(response) => response,
        Err(refusal) => refused(&visit, form, fields, refusal.0),
    }
}

/// Sends a browser that opens the address of a form to the owners.
pub(super) async fn opened(visit: Visit) -> Response {
    visit.see("owners", &[])
}

/// Shows what the form would change unless exactly that is confirmed, or else writes it.
async fn asked(visit: &Visit, form: Form, fields: &Fields) -> Result<Response, Refusal> {
    let order = Order::read(form, fields)?;
    let asked = order.clone();
    let look = visit.ask(move |ledger| second_look::look(ledger, &asked)).await?;
    // What was shown is confirmed: a change that has become another one meanwhile is shown again.
    if let Some(look) = look.filter(|look| look.change() != fields.confirm) {
        return Ok(visit.page(form.heading(), &look.draw(visit, form, fields)));
    }
    let done = write(&visit.settings.ledger, order, visit.by()).await?;
    let (name, number) = match done {
        Done::Entry(number) => ("done", number.to_string()),
        Done::Released(hold) => ("released", hold.to_string()),
    };
    let mut query = fields.owner_query();
    query.push((name, &number));
    Ok(visit.see("owner", &query))
}

/// The form with its fields as they were sent, and the reason for the refusal.
fn refused(visit: &Visit, form: Form, mut fields: Fields, problem: Problem) -> Response {
    let field = field_of(form, &problem);
    let is_used = problem.code == "idempotency_key_reused";
    // The processor keeps its refusal for the key.
    if is_used || field == Some("key") || matches!(&*problem.code, "refund_refused" | "refund_key_reused") {
        match key::new() {
            Ok(key) => fields.key = key,
            Err(refusal) => return visit.refused(refusal),
        }
    }
    let content = html! {
        section.card {
            p { "For " bdi { (fields.name) } "." }
            @if is_used { (used(visit, &problem)) } @else { (form::message(&worded(&problem.detail))) }
            (form.draw(visit, &fields, field))
            p { a href=(visit.root.with("owner", &fields.owner_query())) { "Back to the owner" } }
        }
    };
    let refusal = Refusal::from(problem);
    let mut response = visit.page(form.heading(), &content);
    *response.status_mut() = refusal.status();
    if refusal.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
    }
    response
}

/// The message of a form that was changed and sent again.
fn used(visit: &Visit, problem: &Problem) -> Markup {
    let entry = problem.fields.get("fact").and_then(serde_json::Value::as_u64);
    html! {
        p.bad id=(crate::parts::field::REFUSAL) role="alert" {
            "This form was sent before, with other values"
            @if let Some(entry) = entry.map(|entry| entry.to_string()) {
                ": it made " a href=(visit.root.with("entry", &[("number", &entry)])) { "entry " (entry) }
            }
            ". Nothing was written now. Sent once more, it makes another entry."
        }
    }
}

/// The field that a problem is about.
fn field_of(form: Form, problem: &Problem) -> Option<&str> {
    match problem.code.as_str() {
        "field_invalid" => problem.fields.get("field")?.as_str(),
        "reason_invalid" | "reason_too_long" => Some("reason"),
        "expiry_in_past" | "expiry_out_of_range" => Some("expires"),
        "insufficient_credits"
        | "balance_out_of_range"
        | "reversal_exceeds_charge"
        | "refund_amount_invalid" => Some("amount"),
        "owner_invalid" | "transfer_to_self" if form == Form::Transfer => Some("to"),
        _ => None,
    }
}

/// The ledger's message with the form's words for options of the code.
fn worded(detail: &str) -> String {
    detail
        .replace(" with `.with_debt()`", " with the box below")
        .replace(" with `.including_promotional()`", " with the box below")
}
