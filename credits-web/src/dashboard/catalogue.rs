//! The catalogue: operations with a calculator, plans, packs, settings, and how the price lists of this ledger differ.

mod calculator;
mod changes;
mod terms;

use axum::response::Response;
use credits_runtime::catalogue::{CatalogueData, InputValues, OperationData};
use maud::{Markup, html};

use self::calculator::Calculation;
use self::terms::{Term, pack_terms, plan_terms, price_ids, settings_terms};
use super::visit::{Asked, Page, Visit};
use crate::parts::coded::coded;

/// The whole catalogue. Its query is the form of a calculator.
pub(super) async fn page(visit: Visit, Asked(query): Asked<Vec<(String, String)>>) -> Response {
    let calculation = match Calculation::of(&*visit.settings.ledger.operations, query) {
        Ok(calculation) => calculation,
        Err(refusal) => return visit.refused(refusal),
    };
    let status = calculation.as_ref().and_then(Calculation::refused_with);
    let page = visit.read(move |visit, ledger| {
        let catalogue = ledger.operations.catalogue();
        let content = html! {
            (operations(visit, &catalogue, calculation.as_ref()))
            (plans(&catalogue))
            (packs(&catalogue))
            (changes::section(&ledger.credits.catalogues()?, &catalogue.fingerprint()))
            section.card {
                h2 { "Settings" }
                details { summary { "All settings" } (table("Setting", &settings_terms(&catalogue))) }
            }
        };
        Ok(Page::new("Catalogue", content))
    });
    let mut response = page.await;
    if let Some(status) = status.filter(|_| response.status().is_success()) {
        *response.status_mut() = status;
    }
    response
}

fn operations(visit: &Visit, catalogue: &CatalogueData, calculation: Option<&Calculation>) -> Markup {
    html! {
        section.card {
            h2 { "Operations" }
            @for operation in &catalogue.operations {
                @let asked = calculation.filter(|calculation| calculation.is_of(operation));
                article.item id=(operation.name) {
                    (heading(&operation.named, &operation.name, &operation.docs))
                    p { (coded(&catalogue.cost_in_words(operation))) }
                    @if is_callable(operation) { (calculator::form(visit, catalogue, operation, asked)) } @else {
                        p.muted {
                            "It cannot be called with JSON, because a parameter is of a type that is not "
                            code { "Deserialize" } ": it has no calculator, and programs call it from Rust."
                        }
                    }
                }
            }
        }
    }
}

fn is_callable(operation: &OperationData) -> bool {
    let is_readable =
        |values: &InputValues| !matches!(values, InputValues::Parameter { is_readable: false, .. });
    operation.inputs.iter().all(|input| is_readable(&input.values))
}

fn plans(catalogue: &CatalogueData) -> Markup {
    html! {
        section.card {
            h2 { "Plans" }
            @if catalogue.plans.is_empty() { p.muted { "The catalogue has no plans." } }
            @for plan in &catalogue.plans {
                article.item {
                    (heading(&plan.named, &plan.name, &plan.docs))
                    (table("Term", &plan_terms(catalogue, plan)))
                    (ids(&price_ids(&plan.stripe_prices, &plan.processor_prices)))
                }
            }
        }
    }
}

fn packs(catalogue: &CatalogueData) -> Markup {
    html! {
        section.card {
            h2 { "Packs" }
            @if catalogue.packs.is_empty() { p.muted { "The catalogue has no packs." } }
            @for pack in &catalogue.packs {
                article.item {
                    (heading(&pack.named, &pack.name, &pack.docs))
                    (table("Term", &pack_terms(catalogue, pack)))
                    (ids(&price_ids(&pack.stripe_prices, &pack.processor_prices)))
                }
            }
        }
    }
}

/// The name for people with the declared one, and the documentation.
fn heading(named: &str, name: &str, docs: &str) -> Markup {
    html! {
        h3 { (if named.is_empty() { name } else { named }) " " code.muted { (name) } }
        @if !docs.is_empty() { p { (docs) } }
    }
}

fn table(head: &str, terms: &[Term]) -> Markup {
    html! {
        table.terms {
            thead { tr { th scope="col" { (head) } th scope="col" { "Value" } } }
            tbody { @for term in terms { tr { th scope="row" { (term.name) } td { (term.value) } } } }
        }
    }
}

/// The ids of prices at payment processors.
fn ids(prices: &[Term]) -> Markup {
    html! {
        @if prices.is_empty() { p.muted { "No payment processor has a price of it." } } @else {
            table.terms {
                thead { tr { th scope="col" { "Price at" } th scope="col" { "Id" } } }
                tbody { @for price in prices { tr { th scope="row" { (price.name) } td { code { (price.value) } } } } }
            }
        }
    }
}
