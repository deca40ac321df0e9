//! What if: the ledger's real charges under another price list, which is pasted or edited as JSON.

use std::time::Duration;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use credits_runtime::catalogue::{AssetData, CatalogueData, OperationData, PackData, PlanData, SettingsData};
use credits_runtime::{OperationWhatIf, WhatIfReport};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::visit::{Page, Visit};
use super::{blocking, entries};
use crate::ledger::Ledger;
use crate::limits::{REQUEST_TIME_MAX, TERMS_BYTES_MAX, WHAT_IF_DAYS_MAX, WHAT_IF_FACTS_MAX};
use crate::refusal::Refusal;
use crate::wording::figure;

/// The path of the page.
pub(super) const PATH: &str = "/what-if";
/// Days of a comparison unless the form sets others.
const DAYS_DEFAULT: &str = "30";
/// Owners of the list; others are counted.
const SHORT_LISTED: usize = 50;

/// The fields of the form.
#[derive(Deserialize)]
pub(super) struct Fields {
    terms: String,
    days: String,
}

/// A catalogue with its operations first: they are what an administrator edits.
#[derive(Serialize)]
struct PresentTerms {
    operations: Vec<OperationData>,
    plans: Vec<PlanData>,
    packs: Vec<PackData>,
    assets: Vec<AssetData>,
    settings: SettingsData,
}

/// A comparison that was made.
struct Comparison {
    report: WhatIfReport,
    facts: u64,
    days: u32,
}

/// The form with the present terms.
pub(super) async fn page(visit: Visit) -> Response {
    visit
        .read(|visit, ledger| {
            let CatalogueData { settings, assets, operations, plans, packs, .. } =
                ledger.operations.catalogue();
            let terms =
                serde_json::to_string_pretty(&PresentTerms { operations, plans, packs, assets, settings });
            let fields = Fields { terms: terms.unwrap_or_default(), days: DAYS_DEFAULT.to_owned() };
            Ok(Page::new("What if", form(visit, &fields, None)))
        })
        .await
}

/// The form with its result, or with the reason why there is none.
pub(super) async fn compare(visit: Visit, sent: Result<Form<Fields>, FormRejection>) -> Response {
    let fields = match sent {
        Ok(Form(fields)) => fields,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!(
                "the terms are over the limit of {TERMS_BYTES_MAX} bytes: leave out plans, packs and descriptions, which \
                 no charge needs"
            );
            return visit.refused(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
        }
        Err(rejection) => return visit.refused(rejection.into()),
    };
    match compared(&visit, &fields).await {
        Ok(comparison) => {
            let content = html! { (result(&visit, &comparison)) (form(&visit, &fields, None)) };
            visit.page("What if", &content)
        }
        Err(refusal) => {
            let page = visit.page("What if", &form(&visit, &fields, Some(&refusal)));
            (refusal.status(), page).into_response()
        }
    }
}

async fn compared(visit: &Visit, fields: &Fields) -> Result<Comparison, Refusal> {
    let (terms, days) = (terms(&fields.terms)?, days(&fields.days)?);
    let permit = visit.settings.long_work.permit()?;
    let comparing = blocking::run(&visit.settings.ledger, move |ledger| {
        let _permit = permit;
        run(ledger, &terms, days, WHAT_IF_FACTS_MAX)
    });
    // Before the limit of every request, whose answer knows no shorter range.
    let limit = REQUEST_TIME_MAX.saturating_sub(Duration::from_secs(1));
    match tokio::time::timeout(limit, comparing).await {
        Ok(comparison) => comparison,
        Err(_) => Err(too_long(&format!("it takes longer than {} s", limit.as_secs()))),
    }
}

fn run(ledger: &Ledger, terms: &CatalogueData, days: u32, facts_max: u64) -> Result<Comparison, Refusal> {
    let credits = &ledger.credits;
    let since = credits.now().before(Duration::from_hours(24 * u64::from(days)));
    let what_if = credits.what_if(terms, since);
    let facts = what_if.facts()?;
    if facts > facts_max {
        let limit = figure(facts_max);
        return Err(too_long(&format!("it has {} facts, and a page compares {limit}", figure(facts))));
    }
    Ok(Comparison { report: what_if.run()?, facts, days })
}

fn too_long(why: &str) -> Refusal {
    let detail = format!("the range is too long, {why}: choose fewer days, or compare on the command line");
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "range_too_long", detail)
}

fn terms(text: &str) -> Result<CatalogueData, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        let detail = format!("`terms` is no price list: {error}; edit the JSON that the page began with");
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "terms_invalid", detail)
    })
}

fn days(text: &str) -> Result<u32, Refusal> {
    let days = text.trim().parse().ok().filter(|days| (1..=WHAT_IF_DAYS_MAX).contains(days));
    days.ok_or_else(|| Refusal::invalid("days", text, &format!("give 1 to {WHAT_IF_DAYS_MAX} days")))
}

fn form(visit: &Visit, fields: &Fields, refusal: Option<&Refusal>) -> Markup {
    html! {
        section.card {
            h2 { "Another price list" }
            p {
                "Change a price in the terms, and see the cost of the charges that were really made under the other list. \
                 Nothing is written."
            }
            @if let Some(refusal) = refusal { p.bad role="alert" { bdi { (refusal.0.detail) } } }
            form.stacked method="post" action=(visit.root.to("what-if")) {
                label for="days" { "Days back from now" }
                input id="days" name="days" value=(fields.days) inputmode="numeric" required autocomplete="off";
                label for="terms" { "Terms as JSON, as " code { "Pricing::catalog()" } " serialises" }
                textarea.code id="terms" name="terms" rows="24" required spellcheck="false" autocomplete="off" {
                    // A browser drops the first line break.
                    "\n" (fields.terms)
                }
                button { "Compare" }
            }
        }
    }
}

fn result(visit: &Visit, Comparison { report, facts, days }: &Comparison) -> Markup {
    let WhatIfReport { operations, not_comparable, short, short_count, .. } = report;
    html! {
        section.card role="status" {
            h2 { "The last " (days) " days under these terms" }
            @if operations.is_empty() { p { "There were no charges to compare." } } @else { (table(operations)) }
            p.muted {
                (figure(*facts)) " facts were read. " (figure(*not_comparable))
                " charges are not comparable: the operation or an input is missing in these terms, or the price is a Rust \
                 expression, or a hold was settled at another amount."
            }
        }
        section.card {
            h2 { "Owners who could not have paid" }
            @if short.is_empty() { p { "Every owner could have paid." } } @else {
                p { (figure(*short_count)) " balances would have been negative:" }
                ul.names { @for owner in short.iter().take(SHORT_LISTED) {
                    li { (entries::owner_link(visit, owner.as_str(), "credits")) }
                } }
                @if *short_count > SHORT_LISTED as u64 {
                    p.muted { "and " (figure(short_count.saturating_sub(SHORT_LISTED as u64))) " more." }
                }
            }
        }
    }
}

fn table(operations: &[OperationWhatIf]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Operation" }
                th.figure.wide scope="col" { "Charges" }
                @for name in ["Was", "Would be", "Difference"] { th.figure scope="col" { (name) } }
                @for name in ["Dearer", "Cheaper", "Covered"] { th.figure.wide scope="col" { (name) } }
            } }
            tbody { @for operation in operations {
                @let difference = operation.would_be.saturating_sub(operation.charged);
                tr {
                    th scope="row" { (operation.operation)
                        @if operation.asset != "credits" { " " span.muted { (operation.asset) } } }
                    td.figure.wide { (figure(operation.charges)) }
                    td.figure { (figure(operation.charged)) }
                    td.figure { (figure(operation.would_be)) }
                    td.figure { @if difference > 0 { "+" } (figure(difference)) }
                    td.figure.wide { (figure(operation.dearer)) }
                    td.figure.wide { (figure(operation.cheaper)) }
                    td.figure.wide { (figure(operation.covered)) }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    mod shop {
        credits_runtime::usage_credits! { operation step { costs 1.credit } }
    }

    #[test]
    fn a_range_of_too_many_facts_is_refused_before_it_is_read() {
        let credits = shop::Credits::in_memory().unwrap();
        credits.wallet("user:1").give_credits(5).now().wait().unwrap();
        let (ledger, terms) = (Ledger::of(&credits), shop::Pricing::catalog());
        assert_eq!(run(&ledger, &terms, 1, 2).map(|comparison| comparison.facts).unwrap(), 2);
        let refusal = run(&ledger, &terms, 1, 1).map(|comparison| comparison.facts).unwrap_err();
        assert_eq!(refusal.0.code, "range_too_long");
        assert!(refusal.0.detail.contains("it has 2 facts, and a page compares 1: choose fewer days"));
    }
}
