//! The calculator: a form for the inputs of an operation, and the price with its sum.
//!
//! It reads no wallet: the price is that of every owner without a plan that covers the operation.

use axum::http::StatusCode;
use credits_runtime::catalogue::{CatalogueData, InputData, InputValues, OperationData};
use credits_runtime::{Explanation, OperationCall, Problem};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::super::visit::Visit;
use crate::ledger::Operations;
use crate::parts::coded::coded;
use crate::refusal::Refusal;

/// The fields of inputs begin with this.
const INPUT: &str = "input.";

/// A calculation that was asked for: the fields of the form, and the result.
pub(super) struct Calculation {
    operation: String,
    fields: Vec<(String, String)>,
    result: Result<Explanation, Problem>,
}

impl Calculation {
    /// The calculation of a query; `None` for a query that names no operation.
    pub(super) fn of(
        operations: &dyn Operations,
        query: Vec<(String, String)>,
    ) -> Result<Option<Self>, Refusal> {
        let named = query.iter().find(|(name, _)| name == "operation");
        let Some((_, operation)) = named.cloned() else { return Ok(None) };
        let catalogue = operations.catalogue();
        let Some(known) = catalogue.operations.iter().find(|known| known.name == operation) else {
            let names: Vec<&str> = catalogue.operations.iter().map(|known| known.name.as_str()).collect();
            let rule = format!("name one of {}", names.join(", "));
            return Err(Refusal::invalid("operation", &operation, &rule));
        };
        let given = query.into_iter().filter_map(|(name, value)| {
            let name = name.strip_prefix(INPUT)?.to_owned();
            Some((name, value))
        });
        let fields: Vec<(String, String)> = given.collect();
        let call = OperationCall { operation: operation.clone(), inputs: inputs(known, &fields) };
        let result = operations.explain(&call);
        Ok(Some(Self { operation, fields, result }))
    }

    pub(super) fn is_of(&self, operation: &OperationData) -> bool {
        self.operation == operation.name
    }

    /// The status of the page, if the calculation was refused.
    pub(super) fn refused_with(&self) -> Option<StatusCode> {
        let problem = self.result.as_ref().err()?;
        StatusCode::from_u16(problem.status).ok()
    }

    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// The fields as JSON. An empty field is a missing input.
fn inputs(operation: &OperationData, fields: &[(String, String)]) -> Map<String, Value> {
    let given = fields.iter().filter(|(_, text)| !text.trim().is_empty());
    given
        .map(|(name, text)| {
            let known = operation.inputs.iter().find(|input| input.name == *name);
            let value = match known.map(|input| &input.values) {
                // A parameter is JSON, or a text without quotes.
                Some(InputValues::Parameter { .. }) => serde_json::from_str(text).ok(),
                _ => None,
            };
            (name.clone(), value.unwrap_or_else(|| Value::String(text.trim().to_owned())))
        })
        .collect()
}

/// The form of an operation, with the result if it was asked for.
pub(super) fn form(
    visit: &Visit,
    catalogue: &CatalogueData,
    operation: &OperationData,
    asked: Option<&Calculation>,
) -> Markup {
    if operation.inputs.is_empty() {
        return html! {};
    }
    html! {
        details open[asked.is_some()] {
            summary { "Calculate a price" }
            form.calculator action={ (visit.root.to("catalogue")) "#" (operation.name) } {
                input type="hidden" name="operation" value=(operation.name);
                @for input in &operation.inputs { (field(operation, input, asked)) }
                button { "Calculate" }
            }
            @match asked.map(|asked| &asked.result) {
                Some(Ok(why)) => p role="status" {
                    strong { (catalogue.amount_in_words(why.price.get(), &operation.asset)) } " = " (why)
                },
                Some(Err(problem)) => p.bad role="alert" { (coded(&problem.detail)) },
                None => {}
            }
        }
    }
}

fn field(operation: &OperationData, input: &InputData, asked: Option<&Calculation>) -> Markup {
    let (name, given) =
        (format!("{INPUT}{}", input.name), asked.map_or("", |asked| asked.field(&input.name)));
    // Names of inputs may repeat on the page, ids may not.
    let id = format!("{}.{}", operation.name, input.name);
    let hint = match &input.values {
        InputValues::Quantity { max: Some(max), .. } => format!("up to {max}"),
        InputValues::Parameter { ty, .. } => format!("a {ty}, as JSON or text"),
        _ => String::new(),
    };
    html! {
        div {
            label for=(id) { (input.name) @if !hint.is_empty() { " (" (hint) ")" } }
            @match &input.values {
                InputValues::Choice { options, .. } => select id=(id) name=(name) {
                    @for option in options { option value=(option) selected[option == given] { (option) } }
                },
                InputValues::Quantity { .. } => {
                    input id=(id) name=(name) value=(given) inputmode="decimal" autocomplete="off" required;
                }
                _ => input id=(id) name=(name) value=(given) autocomplete="off" required;,
            }
        }
    }
}
